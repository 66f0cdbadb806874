"""Flows of this host's NAT or filter could not be entered: two of them wanted the same place.

What it sees
    insert_failed of connection tracking moves.

Why it matters
    The packet is dropped; a SYN comes again after 1 s or 3 s.

Evidence required
    The counter, several within the interval.

What else looks like this
    A full table counts drops (`middlebox.conntrack_full`).

What to do
    --random-fully, more source addresses, connection pools.

References
    Documentation/networking/nf_conntrack-sysctl.rst; net/netfilter/nf_conntrack_core.c
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.advice import middlebox
from estab.diagnose.finding import Finding, RuledOut, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="middlebox.nat_insert_failed",
    title=msg("NAT cannot enter new flows"),
    severity=Severity.WARNING,
    seen_from=Source.LIVE,
    needs=frozenset({Need.COUNTERS}),
    references=("nf_conntrack-sysctl",),
)

SEVERAL = 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    failed = facts.moved("ConntrackStat.insert_failed")
    if failed:
        yield finding(
            facts,
            RULE,
            severity=Severity.WARNING if failed >= SEVERAL else Severity.INFO,
            confidence=0.8,
            summary=msg("{count} new flows could not be entered into the table of connection tracking.", count=format_count(failed)),
            cause=msg("Two flows were given the same source port at the same moment, or no port is left towards one destination."),
            count=failed,
            evidence=counters(facts, "ConntrackStat.insert_failed", "ConntrackStat.clashres"),
            ruled_out=[RuledOut("middlebox.conntrack_full", msg("the table has room"))],
            advice=middlebox.NAT_INSERT_FAILED,
        )
