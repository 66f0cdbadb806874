"""Closed windows were probed.

What it sees
    TCPWinProbe moves.

Why it matters
    Somewhere a receiver was full for a moment.

Evidence required
    The counter, and no lasting closed window.

What else looks like this
    A window that stays closed (`flow.zero_window`).

What to do
    Nothing for single ones.

References
    RFC 9293 §3.8.6.1
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_compose import counters, finding
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.rule import Need, Rule, Source
from estab.text import format_count, msg

RULE = Rule(
    code="flow.persist_probes",
    title=msg("A sender probes a closed window"),
    severity=Severity.INFO,
    seen_from=Source.BOTH,
    needs=frozenset({Need.COUNTERS}),
    references=("RFC 9293 §3.8.6.1",),
    yields_to=("flow.zero_window", "close.fin_wait1_pile"),
)


def check(facts: HostFacts) -> Iterator[Finding]:
    """One finding for the host."""
    probes = facts.left("TcpExt.TCPWinProbe")
    if probes:
        yield finding(
            facts,
            RULE,
            confidence=0.9,
            summary=msg(
                "{count} probes of closed windows were sent.", "{count} probe of a closed window was sent.", count=format_count(probes)
            ),
            cause=msg("A receiver's buffer was full for a moment."),
            count=probes,
            evidence=counters(facts, "TcpExt.TCPWinProbe"),
        )
