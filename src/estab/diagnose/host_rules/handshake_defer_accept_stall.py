"""A listener with TCP_DEFER_ACCEPT holds clients that send nothing.

What it sees
    TCPDeferAcceptDrop moves, half-open connections stand at a listener whose queues have room.

Why it matters
    The client is connected and the server does not know of it yet: a protocol in which the server speaks first stalls.

Evidence required
    The counter and the entries; no overflow.

What else looks like this
    A full accept queue (`handshake.accept_queue_overflow`); SYN-ACKs that get lost (`handshake.return_path_blocked`).

What to do
    Drop the option where the server speaks first, or where health checks send nothing.

References
    tcp(7) TCP_DEFER_ACCEPT; net/ipv4/tcp_minisocks.c
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import handshake
from estab.diagnose.evidence.host_opening import accept_queue_is_full, half_open
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, listener, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="handshake.defer_accept_stall",
    title=msg("A listener waits for data before it accepts"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS, Need.SOCKETS}),
    knobs=("TCP_DEFER_ACCEPT",),
    references=("tcp(7): TCP_DEFER_ACCEPT",),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each listener with such entries."""
    if not facts.moved("TcpExt.TCPDeferAcceptDrop") or facts.moved("TcpExt.ListenOverflows"):
        return
    for group in half_open(facts):
        if accept_queue_is_full(facts, group.endpoint.port):
            continue
        row = facts.listener_of(group.endpoint.port)
        values = {"listener": str(group.endpoint), "count": format_count(len(group.rows))}
        yield finding(
            facts,
            RULE,
            subject=listener(group.endpoint),
            rows=group.rows,
            confidence=0.8,
            summary=msg(
                "{count} clients are connected to {listener} and have sent nothing: the server does not know of them.",
                "{count} client is connected to {listener} and has sent nothing: the server does not know of it.",
                **values,
            ),
            hit=hit(facts, group.rows),
            owners=facts.owners([row]) if row is not None else (),
            cause=msg("TCP_DEFER_ACCEPT keeps a connection from accept() until its first data comes."),
            evidence=[*counters(facts, "TcpExt.TCPDeferAcceptDrop"), reading(facts, int(group.rows[0]), "timer_retries")],
            ruled_out=[RuledOut("handshake.accept_queue_overflow", msg("ListenOverflows has not moved"))],
            advice=handshake.DEFER_ACCEPT_STALL,
        )
