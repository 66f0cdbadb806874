"""Segments with wrong checksums arrive.

What it sees
    Tcp.InCsumErrors moves.

Why it matters
    They are dropped and have to be sent again.

Evidence required
    The counter; it does not move for the unfinished checksums that a capture on the sending host shows.

What else looks like this
    Offload in a local capture: the counter stands still.

What to do
    Turn offloads off to prove it; replace what is broken.

References
    RFC 9293 §3.1; ethtool(8)
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
    code="path.checksum_errors",
    title=msg("Segments arrive damaged"),
    severity=Severity.WARNING,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    references=("RFC 9293 §3.1",),
)

SEVERAL = 3


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    damaged = facts.moved("Tcp.InCsumErrors")
    if damaged:
        yield finding(
            facts,
            RULE,
            severity=Severity.WARNING if damaged >= SEVERAL else Severity.INFO,
            confidence=0.95,
            summary=msg(
                "{count} segments with a wrong checksum were dropped.",
                "{count} segment with a wrong checksum was dropped.",
                count=format_count(damaged),
            ),
            cause=msg("A card, a driver's offload, a tunnel or a virtual device damages packets."),
            count=damaged,
            evidence=counters(facts, "Tcp.InCsumErrors", "Tcp.InErrs"),
            ruled_out=[RuledOut("info.offload_super_segments", msg("the receiving kernel itself found them wrong"))],
            advice=path.CHECKSUM_ERRORS,
        )
