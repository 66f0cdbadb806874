"""Connections that this host opens are refused.

What it sees
    Attempts fail (AttemptFails) that neither timed out nor met an ICMP error.

Why it matters
    The service does not listen there: it is down, or bound to another address, port or family.

Evidence required
    Several failures within the interval, and no small part of all attempts.  An attempt ends too quickly to stand in a table of
    sockets, so the counters say how many but not where to; packets would (`--interface`).

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

from estab.diagnose.advice import handshake
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

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
    """One finding for the host."""
    opened = facts.moved("Tcp.ActiveOpens")
    other = facts.moved("TcpExt.TCPAbortOnTimeout") + facts.moved("TcpExt.EmbryonicRsts")
    refused = min(max(facts.left("Tcp.AttemptFails") - other, 0), opened)
    if not refused:
        return
    here = facts.moved("Tcp.OutRsts") >= refused
    values = {"count": format_count(refused), "opened": format_count(opened)}
    severe = refused >= SEVERAL and refused >= PART * opened
    yield finding(
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
        cause=msg("Nobody listens on that address and port of this very host: it answered the SYNs itself.")
        if here
        else msg("Nobody listens on that address and port, or a firewall answers with RST in the server's name."),
        count=refused,
        evidence=counters(facts, "Tcp.AttemptFails", "Tcp.ActiveOpens", *(("Tcp.OutRsts",) if here else ())),
        ruled_out=[
            RuledOut("handshake.rejected_icmp", msg("no ICMP error came")),
            RuledOut("handshake.filtered", msg("no attempt timed out")),
        ],
        advice=handshake.REFUSED,
    )
