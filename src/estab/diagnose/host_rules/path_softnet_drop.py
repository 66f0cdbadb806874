"""The host drops packets before they reach TCP, or stops receiving too early.

What it sees
    Softnet.dropped (the backlog of a CPU is full) and Softnet.squeezed (the budget ran out).  Both count for the whole HOST.

Why it matters
    Loss at home, for all protocols; usually one CPU does all the receiving.

Evidence required
    The counters; squeezes count only where they are frequent.

What else looks like this
    Drops of the interface or of its queue.

What to do
    Spread receiving over CPUs; then longer backlog and budget.

References
    Documentation/networking/scaling.rst; net/core/dev.c
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import path
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import counters, finding, knob
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="path.softnet_drop",
    title=msg("The host drops packets before TCP sees them"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS}),
    knobs=("netdev_max_backlog", "netdev_budget"),
    references=("scaling.rst", "net/core/dev.c"),
)

SQUEEZES_PER_S = 10.0


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    dropped, squeezed = facts.moved("Softnet.dropped"), facts.moved("Softnet.squeezed")
    if not dropped and squeezed / facts.interval_s < SQUEEZES_PER_S:
        return
    values = {"dropped": format_count(dropped), "squeezed": format_count(squeezed)}
    yield finding(
        facts,
        RULE,
        severity=Severity.WARNING if dropped else Severity.INFO,
        confidence=0.85,
        summary=msg(
            "{dropped} packets were dropped at the backlog of a CPU of this host, and {squeezed} times receiving was cut short.", **values
        ),
        cause=msg("One CPU receives more than it can pass on; the count is of the whole host, not of this namespace."),
        count=max(dropped, 1),
        evidence=[
            *counters(facts, "Softnet.dropped", "Softnet.squeezed"),
            *knob(facts, "netdev_max_backlog"),
            *knob(facts, "netdev_budget"),
        ],
        advice=path.SOFTNET_DROP,
    )
