"""Routers mark packets instead of dropping them (ECN).

What it sees
    TCPDeliveredCE (marks on what this host sent), IpExt.InCEPkts (marks on what it got).

Why it matters
    Congestion is signalled without loss: that is ECN at work.

Evidence required
    The counters.

What else looks like this
    Marks on nearly every packet are a device that marks wrongly.

What to do
    Nothing, as long as the part is small.

References
    RFC 3168 §5, §6
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="congestion.ecn_marks",
    title=msg("Routers mark packets: congestion without loss"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    knobs=("tcp_ecn",),
    references=("RFC 3168 §5",),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    sent, came = facts.moved("TcpExt.TCPDeliveredCE"), facts.moved("IpExt.InCEPkts")
    if not sent + came:
        return
    values = {"sent": format_count(sent), "came": format_count(came)}
    yield finding(
        facts,
        RULE,
        rows=np.flatnonzero(facts.t.grew("delivered_ce") > 0),
        confidence=0.9,
        summary=msg(
            "{sent} packets of this host, and {came} that came here, carry the mark of congestion (CE).",
            "{sent} packet of this host, and {came} that came here, carry the mark of congestion (CE).",
            **values,
        ),
        cause=msg("A queue on the way is filling up and says so."),
        count=sent + came,
        evidence=counters(facts, "TcpExt.TCPDeliveredCE", "IpExt.InCEPkts"),
    )
