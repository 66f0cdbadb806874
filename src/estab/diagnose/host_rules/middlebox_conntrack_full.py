"""The connection tracking table of this host is full, or nearly so.

What it sees
    nf_conntrack_count against nf_conntrack_max; drops and early drops of the table.

Why it matters
    New flows are dropped at random, those of ssh among them.

Evidence required
    The gauge and the limit; the counters.

What else looks like this
    insert_failed is a race for one entry (`middlebox.nat_insert_failed`).

What to do
    Fewer flows, shorter timeouts; raise the limit together with the buckets.

References
    Documentation/networking/nf_conntrack-sysctl.rst
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import middlebox
from estab.diagnose.finding import CounterEvidence, Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding, knob
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="middlebox.conntrack_full",
    title=msg("The connection tracking table is full"),
    severity=Severity.CRITICAL,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS}),
    knobs=("nf_conntrack_max", "nf_conntrack_buckets"),
    references=("nf_conntrack-sysctl",),
)

WARN, SEVERE = 0.85, 0.95


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    count, limit = facts.reading("Conntrack.count"), facts.number("nf_conntrack_max", 0)
    dropped = facts.moved("ConntrackStat.drop", "ConntrackStat.early_drop")
    share = count / limit if limit else 0.0
    if share < WARN and not dropped:
        return
    values = {"count": format_count(count), "limit": format_count(limit), "percent": f"{100 * share:.0f}", "dropped": format_count(dropped)}
    yield finding(
        facts,
        RULE,
        severity=Severity.CRITICAL if share >= SEVERE or dropped else Severity.WARNING,
        confidence=0.95,
        title=None if share >= SEVERE else msg("The connection tracking table is nearly full"),
        summary=msg(
            "{count} of {limit} flows are tracked ({percent} %); {dropped} packets were dropped for want of room.",
            "{count} of {limit} flows is tracked ({percent} %); {dropped} packets were dropped for want of room.",
            **values,
        ),
        cause=msg("Each flow through this host takes an entry until its timeout; established ones five days unless told otherwise."),
        count=max(dropped, 1),
        evidence=[
            CounterEvidence(msg("tracked flows: {count} of {limit}", **values), "Conntrack.count", 0, count),
            *counters(facts, "ConntrackStat.drop", "ConntrackStat.early_drop"),
            *knob(facts, "nf_conntrack_max"),
        ],
        ruled_out=[RuledOut("middlebox.nat_insert_failed", msg("the table itself has no room"))],
        advice=middlebox.CONNTRACK_FULL,
    )
