"""Connections that this host opens are refused.

What it sees
    Attempts fail (AttemptFails) that neither timed out nor met an ICMP error.

Why it matters
    The service does not listen there: it is down, or bound to another address, port or family.

Evidence required
    Several failures within the interval, and no small part of all attempts.  An attempt ends too quickly to stand in a table of
    sockets: where to, and who made it, is told by the kernel when it ends, and the counters say how many there were.

What else looks like this
    A reject rule with `tcp reset` moves the same counter here.  ICMP errors (`handshake.rejected_icmp`) and timeouts
    (`handshake.filtered`) move others besides.

What to do
    Start or bind the service; retry with a growing pause.

References
    RFC 9293 §3.10.7.1, §3.10.7.3
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from estab.diagnose.advice import handshake
from estab.diagnose.between import EndedPlace
from estab.diagnose.evidence import host_attempts as attempts
from estab.diagnose.finding import Evidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_compose import place as place_of
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import Text, format_count, msg

RULE = Rule(
    code="handshake.refused",
    title=msg("Connections are refused: nobody listens"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    references=("RFC 9293 §3.10.7.1",),
    yields_to=("handshake.rejected_icmp", "path.neighbour_failure", "handshake.filtered", "path.no_route"),
)

SEVERAL, PART = 3, 0.2


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for each destination that refuses; one for the host where only the counters are known."""
    opened = facts.moved("Tcp.ActiveOpens")
    other = facts.moved("TcpExt.TCPAbortOnTimeout") + facts.moved("TcpExt.EmbryonicRsts")
    refused = min(max(facts.left("Tcp.AttemptFails") - other, 0), opened)
    if not refused:
        return
    here = facts.moved("Tcp.OutRsts") >= refused
    places = attempts.refused(facts)
    for place in places:
        yield _at(facts, place, opened, here=here)
    if not places:
        yield _somewhere(facts, refused, opened, here=here)


def _at(facts: HostFacts, place: EndedPlace, opened: int, *, here: bool) -> Finding:
    count = len(place.group.rows)
    values = {"server": str(place.group), "count": format_count(count)}
    severe = _is_severe(count, opened)
    made = finding(
        facts,
        RULE,
        subject=place_of(place.group),
        severity=Severity.WARNING if severe else Severity.INFO,
        confidence=0.95 if severe else 0.8,
        title=msg("{server} refuses connections", **values),
        summary=msg(
            "{count} attempts of this host to connect to {server} were refused at once.",
            "{count} attempt of this host to connect to {server} was refused at once.",
            **values,
        ),
        cause=_cause(here=here),
        count=count,
        owners=attempts.openers(place),
        evidence=[*attempts.evidence(facts, place), *_counters(facts, here=here)],
        ruled_out=[RuledOut("handshake.filtered", msg("each attempt was answered"))],
        advice=handshake.REFUSED,
    )
    return replace(made, sockets=attempts.names(facts, place))


def _somewhere(facts: HostFacts, refused: int, opened: int, *, here: bool) -> Finding:
    values = {"count": format_count(refused), "opened": format_count(opened)}
    severe = _is_severe(refused, opened)
    return finding(
        facts,
        RULE,
        severity=Severity.WARNING if severe else Severity.INFO,
        confidence=0.85 if severe else 0.6,
        title=msg("{count} connections were refused", **values),
        summary=msg(
            "{count} of {opened} connections that this host opened were refused at once.",
            "{count} of {opened} connections that this host opened was refused at once.",
            **values,
        ),
        cause=_cause(here=here),
        count=refused,
        evidence=_counters(facts, here=here),
        ruled_out=[
            RuledOut("handshake.rejected_icmp", msg("no ICMP error came")),
            RuledOut("handshake.filtered", msg("no attempt timed out")),
        ],
        advice=handshake.REFUSED,
    )


def _is_severe(count: int, opened: int) -> bool:
    return count >= SEVERAL and count >= PART * opened


def _cause(*, here: bool) -> Text:
    if here:
        return msg("Nobody listens on that address and port of this very host: it answered the SYNs itself.")
    return msg("Nobody listens on that address and port, or a firewall answers with RST in the server's name.")


def _counters(facts: HostFacts, *, here: bool) -> list[Evidence]:
    return counters(facts, "Tcp.AttemptFails", "Tcp.ActiveOpens", *(("Tcp.OutRsts",) if here else ()))
