"""A packet filter of this very host drops what it sends.

What it sees
    Repetitions fail on their way out (TCPRetransFail) although no queue of an interface dropped anything.

Why it matters
    Connections hang, and a capture on the interface shows nothing.

Evidence required
    The counter, with sockets whose repetitions it explains.

What else looks like this
    A full queue of the interface raises the same counter (`path.local_qdisc_drop`).  A filter elsewhere leaves it alone
    (`handshake.filtered`).

What to do
    Look at the counters of the rules: `nft list ruleset`.

References
    net/ipv4/tcp_output.c tcp_retransmit_skb; nft(8)
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import path
from estab.diagnose.evidence.host_queues import dropped_by_queues
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, place, reading
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.snapshot import TimerKind
from estab.text import format_count, msg

RULE = Rule(
    code="path.local_firewall_drop",
    title=msg("This host's own packet filter drops what it sends"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS}),
    references=("net/ipv4/tcp_output.c", "nft(8)"),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each destination."""
    failed = facts.moved("TcpExt.TCPRetransFail")
    if not failed or dropped_by_queues(facts) or facts.moved("Tcp.RetransSegs") > failed:
        return
    t = facts.t
    waiting = (t["timer_retries"] >= 1) & (t.state(State.SYN_SENT) | t.timer(TimerKind.RETRANSMIT)) & ~t.state(State.SYN_RECEIVED)
    for group in facts.by_place(waiting, t["timer_retries"]):
        values = {"place": str(group.endpoint), "count": format_count(len(group.rows)), "failed": format_count(failed)}
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            confidence=0.85,
            title=msg("Packets for {place} do not leave this host", **values),
            summary=msg(
                "{failed} repetitions were dropped on their way out; {count} connections with {place} wait for them.",
                "{failed} repetition was dropped on its way out; {count} connections with {place} wait for it.",
                **values,
            ),
            hit=hit(facts, group.rows),
            cause=msg("A rule of the packet filter (OUTPUT or POSTROUTING) or a program attached to the cgroup drops them."),
            evidence=[
                *counters(facts, "TcpExt.TCPRetransFail", "TcpExt.TCPSpuriousRtxHostQueues"),
                reading(facts, int(group.rows[0]), "timer_retries"),
            ],
            ruled_out=[
                RuledOut("handshake.filtered", msg("the packets do not leave: TCPRetransFail has moved")),
                RuledOut("path.local_qdisc_drop", msg("no queue of an interface dropped packets")),
            ],
            advice=path.LOCAL_FIREWALL_DROP,
        )
