"""Segments are dropped because their socket was locked for too long.

What it sees
    TCPBacklogDrop moves.

Why it matters
    The segments have to be sent again.

Evidence required
    The counter.

What else looks like this
    A full receive queue (`flow.rcvbuf_pruned`).

What to do
    Smaller reads, more sockets.

References
    net/ipv4/tcp_ipv4.c tcp_add_backlog
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import memory
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="memory.socket_backlog_drop",
    title=msg("Segments are dropped at locked sockets"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS}),
    knobs=("tcp_rmem",),
    references=("net/ipv4/tcp_ipv4.c tcp_add_backlog",),
)

SEVERAL = 10


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    dropped = facts.moved("TcpExt.TCPBacklogDrop")
    if dropped:
        yield finding(
            facts,
            RULE,
            severity=Severity.WARNING if dropped >= SEVERAL else Severity.INFO,
            confidence=0.9,
            summary=msg(
                "{count} segments were dropped while their socket was locked by its own process.",
                "{count} segment was dropped while its socket was locked by its own process.",
                count=format_count(dropped),
            ),
            cause=msg("The process works in the kernel on one socket for long while packets for it arrive: very large reads or writes."),
            count=dropped,
            evidence=counters(facts, "TcpExt.TCPBacklogDrop"),
            ruled_out=[RuledOut("flow.rcvbuf_pruned", msg("the receive queue is another place"))],
            advice=memory.SOCKET_BACKLOG_DROP,
        )
