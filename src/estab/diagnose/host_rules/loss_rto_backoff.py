"""One segment is sent again and again at doubling intervals.

What it sees
    Open connections whose data timed out at least twice in a row, for which no stronger cause was found.

Why it matters
    Each round doubles the wait; the application sees nothing of it.

Evidence required
    The count of timeouts in a row, and the timer that runs.  Two or three are a note.

What else looks like this
    A silent host (`half_open.peer_vanished`), a forgotten flow (`middlebox.idle_timeout`), long segments (`path.pmtu_black_hole`).

What to do
    TCP_USER_TIMEOUT in the application.

References
    RFC 6298 §5.5
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import loss
from estab.diagnose.evidence.host_stalls import repeating
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import counters, finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="loss.rto_backoff",
    title=msg("One segment is sent again and again at doubling intervals"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_retries2", "TCP_USER_TIMEOUT"),
    references=("RFC 6298 §5.5",),
    yields_to=(
        "half_open.peer_vanished", "middlebox.idle_timeout", "path.pmtu_black_hole", "handshake.fake_established",
        "path.icmp_soft_error", "path.local_firewall_drop", "security.min_ttl_drop", "path.local_qdisc_drop", "path.checksum_errors",
    ),
)  # fmt: skip

TWICE, CERTAIN = 2, 4


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer."""
    t = facts.t
    for group in facts.by_peer(repeating(facts, TWICE) & facts.unclaimed(RULE.yields_to), t["retransmits"]):
        row = int(group.rows[0])
        times = int(t["retransmits"][row])
        values = {"peer": group.endpoint.address, "count": format_count(len(group.rows)), "times": format_count(times)}
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            severity=Severity.WARNING if times >= CERTAIN else Severity.INFO,
            confidence=0.7,
            summary=msg(
                "{count} connections to {peer} repeat the same segment, up to {times} timeouts in a row.",
                "{count} connection to {peer} repeats the same segment, up to {times} timeouts in a row.",
                **values,
            ),
            hit=hit(facts, group.rows),
            cause=msg("The segment or its ACK does not get through; whether the peer still lives does not show yet."),
            evidence=[
                reading(facts, row, "retransmits", "backoff", "rto_us", "last_ack_recv_ms"),
                *counters(facts, "TcpExt.TCPTimeouts", "Tcp.RetransSegs"),
            ],
            advice=loss.RTO_BACKOFF,
        )
