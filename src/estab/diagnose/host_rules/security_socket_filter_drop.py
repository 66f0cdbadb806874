"""A filter attached to a socket drops its segments.

What it sees
    Sockets whose own count of drops has grown, while no counter of the kernel explains it.

Why it matters
    One connection hangs, and no tool shows a filter rule.

Evidence required
    `drops` of the socket; that none of the counters moved that name another reason.

What else looks like this
    Full queues, MD5, minimum TTL, old timestamps, duplicates: each has a counter.

What to do
    Look at what the program attached (`ss -b` shows the filter).

References
    socket(7) SO_ATTACH_FILTER; net/ipv4/tcp_ipv4.c tcp_filter
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import security
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="security.socket_filter_drop",
    title=msg("A filter on a socket drops its segments"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    references=("socket(7): SO_ATTACH_FILTER",),
)

EXPLAIN = tuple(
    f"TcpExt.{name}"
    for name in (
        "TCPMinTTLDrop", "TCPBacklogDrop", "TCPMD5NotFound", "TCPMD5Unexpected", "TCPMD5Failure", "RcvPruned", "OfoPruned", "TCPRcvQDrop",
        "TCPZeroWindowDrop", "TCPOFODrop", "PAWSEstab", "PAWSOldAck", "BeyondWindow", "TSEcrRejected", "TCPDSACKOldSent", "TCPDSACKOfoSent",
        "DelayedACKLost", "TCPChallengeACK", "TCPSYNChallenge", "TCPACKSkippedChallenge", "TCPACKSkippedSeq", "TCPACKSkippedPAWS",
        "ListenDrops", "ListenOverflows", "TCPReqQFullDrop", "TCPDeferAcceptDrop", "TCPAbortOnData", "TCPAbortOnClose", "TCPKeepAlive",
        "TCPSACKDiscard", "TCPOFOMerge", "TCPAORequired", "TCPAOBad", "TCPAOKeyNotFound",
    )
)  # fmt: skip
LEAST = 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each place."""
    t = facts.t
    if facts.moved(*EXPLAIN, "Tcp.InErrs", "Tcp.InCsumErrors"):
        return
    dropped = t.grew("drops")
    for group in facts.by_place(t.stayed & t.state(State.ESTABLISHED, State.CLOSE_WAIT) & (dropped >= LEAST), dropped):
        count = int(dropped[group.rows].sum())
        values = {"place": str(group.endpoint), "count": format_count(count)}
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            confidence=0.6,
            summary=msg("{count} segments were dropped at sockets of {place}, and no counter of the kernel says why.", **values),
            hit=hit(facts, group.rows),
            count=count,
            cause=msg("A filter that the program attached to the socket (SO_ATTACH_FILTER, SO_ATTACH_BPF) turns the segments away."),
            evidence=[reading(facts, int(group.rows[0]), "drops", "recv_queue", "rcvbuf_bytes")],
            ruled_out=[RuledOut("flow.rcvbuf_pruned", msg("no counter of full buffers has moved"))],
            advice=security.SOCKET_FILTER_DROP,
        )
