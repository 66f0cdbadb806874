"""Many clients come back at the same moment.

What it sees
    At a listener at least 50 connections are new, about as many are gone that were there before, and its queues overflowed meanwhile.

Why it matters
    The herd fills the queues, is dropped, and comes again in step at 1, 2, 3 s.

Evidence required
    New against gone connections of one listener, and a queue that overflowed, or cookies.

What else looks like this
    Ordinary traffic of short connections does not overflow; a flood does not complete its handshakes (`attack.syn_flood`).

What to do
    Backoff with full jitter at the clients, staggered restarts, a larger backlog.

References
    RFC 9293 §3.8.1
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import app
from estab.diagnose.finding import CounterEvidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, listener
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="app.thundering_reconnect",
    title=msg("Clients reconnect all at once"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS, Need.COUNTERS}),
    knobs=("somaxconn",),
    references=("RFC 9293 §3.8.1",),
    yields_to=("attack.syn_flood",),
)

HERD = 50


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each listener."""
    if not facts.moved("TcpExt.ListenOverflows", "TcpExt.SyncookiesSent", "TcpExt.TCPReqQFullDrop") or facts.found(*RULE.yields_to):
        return
    t = facts.t
    fresh = t.inbound & t.is_new & t.state(State.ESTABLISHED, State.CLOSE_WAIT, State.SYN_RECEIVED)
    lost = t.earlier["local_port"][t.gone][t.earlier["state"][t.gone] == State.ESTABLISHED]
    for group in facts.by_place(fresh):
        gone = int(np.count_nonzero(lost == group.endpoint.port))
        knocking = len(group.rows) + facts.moved("TcpExt.SyncookiesSent", "TcpExt.TCPReqQFullDrop")
        if knocking < HERD or gone < HERD:
            continue
        values = {"listener": str(group.endpoint), "count": format_count(knocking), "gone": format_count(gone)}
        yield finding(
            facts,
            RULE,
            subject=listener(group.endpoint),
            rows=group.rows,
            confidence=0.75,
            title=msg("{count} clients came back to {listener} at once", **values),
            summary=msg(
                "{gone} connections ended and {count} were opened anew within the same moment, and the queues overflowed.", **values
            ),
            hit=hit(facts, group.rows),
            cause=msg("The clients lost their connections together and reconnect without a random pause."),
            evidence=[
                CounterEvidence(
                    msg("connections of {listener}: {gone} gone, {count} new or trying", **values), "new_connections", gone, knocking
                ),
                *counters(facts, "Tcp.PassiveOpens", "TcpExt.SyncookiesSent", "TcpExt.SyncookiesRecv"),
            ],
            ruled_out=[RuledOut("attack.syn_flood", msg("the handshakes are completed"))],
            advice=app.THUNDERING_RECONNECT,
        )
