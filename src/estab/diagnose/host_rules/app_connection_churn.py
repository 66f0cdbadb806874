"""A program opens a new connection for each request.

What it sees
    How many connections were opened towards one destination between the snapshots.

Why it matters
    Each costs a round trip, a handshake of TLS, and its port for 60 s where this end closes first.

Evidence required
    At least 50 new ones each second.  It is a warning where they would take half of the ports within 60 s.

What else looks like this
    Many connections that stay are a pool that fills up.

What to do
    Keep connections open and use them again.

References
    RFC 9112 §9.3; RFC 9293 §3.4.2
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import app
from estab.diagnose.evidence.host_ports import port_range
from estab.diagnose.finding import CounterEvidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, hit, place
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.text import format_count, msg

RULE = Rule(
    code="app.connection_churn",
    title=msg("A client opens many short connections"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.SOCKETS}),
    knobs=("ip_local_port_range", "tcp_tw_reuse"),
    references=("RFC 9112 §9.3",),
    yields_to=("ports.exhausted",),
)

MANY_PER_S, TIME_WAIT_S, HALF = 50.0, 60.0, 0.5


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each destination, and for each listener whose clients do so."""
    t = facts.t
    ended = t.is_new & t.state(State.TIME_WAIT) & facts.unclaimed(RULE.yields_to)
    for group in facts.by_place(ended):
        pace = len(group.rows) / facts.interval_s
        if pace < MANY_PER_S:
            continue
        ports = 0.0 if group.inbound else pace * TIME_WAIT_S / port_range(facts).size
        values = {"place": str(group.endpoint), "pace": f"{pace:.3g}", "percent": f"{100 * ports:.0f}"}
        fresh = int(np.count_nonzero(t.is_new))
        yield finding(
            facts,
            RULE,
            subject=place(group),
            rows=group.rows,
            severity=Severity.WARNING if ports >= HALF and facts.number("tcp_tw_reuse", 2) != 1 else Severity.INFO,
            confidence=0.85,
            title=msg(
                "{pace} connections a second are opened and closed at {place}",
                "{pace} connection a second is opened and closed at {place}",
                **values,
            ),
            summary=msg("Clients of {place} open a connection for each request: {pace} each second end here in TIME-WAIT.", **values)
            if group.inbound
            else msg(
                "{pace} connections to {place} end here each second; at this pace they hold {percent} % of the source ports.", **values
            ),
            hit=hit(facts, group.rows, fresh),
            cause=msg("Connections are not used again: no pool, no keep-alive, or a limit of requests for each connection."),
            evidence=[
                CounterEvidence(msg("new in TIME-WAIT: {count}", count=format_count(len(group.rows))), "time_wait", 0, len(group.rows)),
                *counters(facts, "Tcp.ActiveOpens", "Tcp.PassiveOpens", "TcpExt.TW"),
            ],
            ruled_out=[RuledOut("ports.exhausted", msg("ports are left"))],
            advice=app.CONNECTION_CHURN,
        )
