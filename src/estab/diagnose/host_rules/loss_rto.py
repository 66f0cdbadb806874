"""Transfers stood still until a retransmission timer ran out, and then went on.

What it sees
    Open connections whose count of timeouts has grown, and which have been acknowledged since.

Why it matters
    Each timeout is a wait of 200 ms or more, and the sending rate starts from one segment.

Evidence required
    total_rto of TCP_INFO (Linux 6.7 and later), or TCPTimeouts beyond those of SYNs.

What else looks like this
    A timer that runs now is `loss.rto_backoff`; needless timeouts are `loss.spurious_retransmission`.

What to do
    Look for bursts of loss; keep SACK and tail loss probes on.

References
    RFC 6298; RFC 9293 §3.8.1
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import loss
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="loss.rto",
    title=msg("Transfers stop until a retransmission timer runs out"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_early_retrans", "tcp_sack"),
    references=("RFC 6298",),
    yields_to=(
        "loss.retransmission", "loss.rto_backoff", "loss.spurious_retransmission", "half_open.peer_vanished", "middlebox.idle_timeout",
        "path.pmtu_black_hole", "handshake.fake_established", "path.local_qdisc_drop", "path.local_firewall_drop", "flow.zero_window",
        "security.min_ttl_drop", "path.checksum_errors", "path.ecn_black_hole", "path.tfo_black_hole",
    ),
)  # fmt: skip

SEVERAL = 5


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer."""
    t = facts.t
    recovered = t.state(State.ESTABLISHED, State.CLOSE_WAIT) & (t.grew("total_rto") > 0) & (t["retransmits"] == 0)
    recovered &= t.grew("bytes_retrans") > 0
    for group in facts.by_peer(recovered & facts.unclaimed(RULE.yields_to), t.grew("total_rto")):
        count = int(t.grew("total_rto")[group.rows].sum())
        values = {"peer": group.endpoint.address, "count": format_count(count)}
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            severity=Severity.WARNING if count >= SEVERAL else Severity.INFO,
            confidence=0.8,
            summary=msg("Transfers to {peer} stood still {count} times until a timer ran out.", **values),
            hit=hit(facts, group.rows),
            count=count,
            cause=msg("So many packets in a row, or the last of a burst, were lost that no ACK could tell of the gap."),
            evidence=[
                reading(facts, int(group.rows[0]), "total_rto", "total_rto_time_ms", "rto_us", "rtt_us"),
                *counters(facts, "TcpExt.TCPTimeouts", "Tcp.RetransSegs"),
            ],
            ruled_out=[RuledOut("half_open.peer_vanished", msg("the peer has acknowledged data since"))],
            advice=loss.RTO,
        )
