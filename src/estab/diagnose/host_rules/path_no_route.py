"""This host has no route to where its programs want to go.

What it sees
    Ip.OutNoRoutes moves.

Why it matters
    connect() fails at once with ENETUNREACH.

Evidence required
    Several within the interval.  Attempts over IPv6 without an IPv6 route are usual on hosts that have only IPv4: a note.

What else looks like this
    A router that has no way sends ICMP (`handshake.rejected_icmp`).  Routes of type blackhole or prohibit give other errors.

What to do
    `ip route get` and restore the route.

References
    ip-route(8); RFC 1122 §3.3.1
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.advice import path
from estab.diagnose.evidence.host_routes import route_to, shown
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import NO_ROWS
from estab.diagnose.host_table import Rows
from estab.diagnose.rule import Need, Rule, Source
from estab.machine.states import State
from estab.snapshot import Route
from estab.text import Text, format_count, msg

RULE = Rule(
    code="path.no_route",
    title=msg("There is no route to a destination"),
    severity=Severity.CRITICAL,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS}),
    references=("ip-route(8)",),
)

SEVERAL, MOST_ASKED = 3, 500
REFUSING = ("blackhole", "unreachable", "prohibit", "throw")


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    four, six = facts.moved("Ip.OutNoRoutes"), facts.moved("Ip6.OutNoRoutes")
    if not four + six:
        return
    refusing, rows = _refused(facts)
    yield finding(
        facts,
        RULE,
        rows=rows,
        severity=Severity.CRITICAL if four >= SEVERAL or len(rows) else Severity.INFO,
        confidence=0.95 if refusing else 0.9,
        summary=msg("{count} times a packet or an attempt to connect found no route.", count=format_count(four + six)),
        cause=_cause(facts, refusing, 4 if four else 6),
        count=four + six,
        evidence=[*counters(facts, "Ip.OutNoRoutes", "Ip6.OutNoRoutes"), *([shown(refusing)] if refusing else ())],
        ruled_out=[RuledOut("handshake.rejected_icmp", msg("this host itself found no way"))],
        advice=path.NO_ROUTE if refusing is None else path.refusing_route(str(refusing)),
    )


def _refused(facts: HostFacts) -> tuple[Route | None, Rows]:
    """The first route that sends nothing on and that sockets would need, and these sockets."""
    t = facts.t
    waiting = np.flatnonzero(~t.loopback & ~t.listening & ((t["retransmits"] > 0) | t.state(State.SYN_SENT) | (t["send_queue"] > 0)))
    needed: dict[str, Route | None] = {}
    for row in waiting[:MOST_ASKED].tolist():
        address = t.remote(row).address
        if address not in needed:
            needed[address] = route_to(facts.after.routes, address)
    refusing = next((route for route in needed.values() if route is not None and route.kind in REFUSING), None)
    if refusing is None:
        return None, NO_ROWS
    return refusing, np.array([row for row in waiting[:MOST_ASKED].tolist() if needed[t.remote(row).address] is refusing], np.int64)


def _cause(facts: HostFacts, refusing: Route | None, version: int) -> Text:
    if refusing is not None:
        return msg("The route to it is of a kind that sends nothing on: {route}.", route=str(refusing))
    ways = [route for route in facts.after.routes if route.version == version]
    if facts.unseen("routes") is None and not any(route.destination == "default" for route in ways):
        return msg("This network namespace has no default route, and none to that network (IPv{version}).", version=version)
    return msg("The default route, or the one to that network, is missing in this network namespace.")
