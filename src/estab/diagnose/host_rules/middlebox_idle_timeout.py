"""The path drops one connection while its peer's host answers on others: a device on the way has forgotten it.

What it sees
    A connection that had been idle, whose first data since then is repeated without an answer, while the same host answers elsewhere.

Why it matters
    The first request after a pause hangs for minutes; a new connection works at once.

Evidence required
    At least three timeouts in a row, at least 2 s without a word before the data was first sent, and an ACK of the same host on
    another connection within the interval.

What else looks like this
    A dead host answers nowhere (`half_open.peer_vanished`).  A host that has forgotten the connection would answer by RST
    (`half_open.peer_restarted`).  Long segments may be too long (`path.pmtu_black_hole`).

What to do
    A heartbeat or keepalive below half of the device's time; close idle pooled connections sooner.

References
    RFC 5382 REQ-5; RFC 9293 §3.8.4
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import middlebox
from estab.diagnose.evidence.host_stalls import never_passed_full, quiet_before_ms
from estab.diagnose.evidence.host_timers import silent_senders
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.rule import Need, Rule, Source
from estab.instant import MILLISECOND_NS, format_duration
from estab.text import format_count, msg

RULE = Rule(
    code="middlebox.idle_timeout",
    title=msg("A device on the path forgets idle connections"),
    severity=Severity.CRITICAL,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("tcp_keepalive_time", "SO_KEEPALIVE", "nf_conntrack_tcp_timeout_established"),
    references=("RFC 5382 REQ-5", "RFC 9293 §3.8.4"),
    yields_to=("path.local_firewall_drop", "security.min_ttl_drop"),
)

TIMEOUTS, QUIET_MS = 3, 2_000


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each peer."""
    t = facts.t
    quiet = quiet_before_ms(facts)
    forgotten = silent_senders(facts, TIMEOUTS) & facts.peer_alive & (quiet >= QUIET_MS) & ~t.loopback & ~never_passed_full(facts)
    for group in facts.by_peer(forgotten & facts.unclaimed(RULE.yields_to), quiet):
        yield _describe(facts, group, int(quiet[group.rows].min()))


def _describe(facts: HostFacts, group: HostGroup, quiet_ms: int) -> Finding:
    rows, row = group.rows, int(group.rows[0])
    values = {"peer": group.endpoint.address, "count": format_count(len(rows)), "quiet": format_duration(quiet_ms * MILLISECOND_NS)}
    return finding(
        facts,
        RULE,
        subject=place(group),
        rows=rows,
        confidence=0.8,
        title=msg("The path to {peer} has forgotten {count} idle connections", **values),
        summary=msg(
            "{count} connections to {peer} were idle for {quiet} or more and are not answered since; others to it are.",
            "{count} connection to {peer} was idle for {quiet} or more and is not answered since; others to it are.",
            **values,
        ),
        hit=hit(facts, rows),
        cause=msg("A firewall, NAT or balancer on the way dropped its entry after that pause, and drops the packets since without a word."),
        evidence=[
            reading(facts, row, "retransmits", "rto_us", "last_ack_recv_ms", "last_data_recv_ms"),
            *counters(facts, "TcpExt.TCPTimeouts", "TcpExt.TCPLostRetransmit"),
        ],
        ruled_out=[
            RuledOut("half_open.peer_vanished", msg("the same host answers on another connection")),
            RuledOut("half_open.peer_restarted", msg("no RST came")),
        ],
        advice=middlebox.IDLE_TIMEOUT,
    )
