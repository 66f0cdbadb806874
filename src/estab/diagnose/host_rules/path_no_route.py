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

from estab.diagnose.advice import path
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="path.no_route",
    title=msg("There is no route to a destination"),
    severity=Severity.CRITICAL,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS}),
    references=("ip-route(8)",),
)

SEVERAL = 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    four, six = facts.moved("Ip.OutNoRoutes"), facts.moved("Ip6.OutNoRoutes")
    if not four + six:
        return
    yield finding(
        facts,
        RULE,
        severity=Severity.CRITICAL if four >= SEVERAL else Severity.INFO,
        confidence=0.9,
        summary=msg("{count} times a packet or an attempt to connect found no route.", count=format_count(four + six)),
        cause=msg("The default route, or the one to that network, is missing in this network namespace."),
        count=four + six,
        evidence=counters(facts, "Ip.OutNoRoutes", "Ip6.OutNoRoutes"),
        ruled_out=[RuledOut("handshake.rejected_icmp", msg("this host itself found no way"))],
        advice=path.NO_ROUTE,
    )
