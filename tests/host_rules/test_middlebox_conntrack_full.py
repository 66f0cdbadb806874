"""middlebox.conntrack_full: what a host shows of it, and what comes near."""

from __future__ import annotations

from estab.diagnose.finding import Severity
from tests.host_rules.hosts import facts_of, found

CODE = "middlebox.conntrack_full"


def flows(count: int, dropped: int = 0) -> list[Severity]:
    facts = facts_of({"ConntrackStat.drop": dropped}, now={"Conntrack.count": count}, knobs={"nf_conntrack_max": "1000"})
    return [finding.severity for finding in found(CODE, facts)]


def test_the_fuller_the_worse() -> None:
    assert [flows(count) for count in (849, 850, 950)] == [[], [Severity.WARNING], [Severity.CRITICAL]]


def test_a_flow_that_was_dropped_is_enough() -> None:
    assert flows(10, dropped=1) == [Severity.CRITICAL]
