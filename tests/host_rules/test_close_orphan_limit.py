"""close.orphan_limit: what a host shows of it, and what comes near."""

from __future__ import annotations

from estab.diagnose.finding import Severity
from tests.host_rules.hosts import facts_of, found

CODE = "close.orphan_limit"


def orphans(count: int) -> list[Severity]:
    return [finding.severity for finding in found(CODE, facts_of(now={"Sockstat.TCP.orphan": count}, knobs={"tcp_max_orphans": "1000"}))]


def test_the_nearer_the_limit_the_worse() -> None:
    assert [orphans(count) for count in (249, 250, 499, 500)] == [[], [Severity.WARNING], [Severity.WARNING], [Severity.CRITICAL]]


def test_without_the_limit_nothing_is_said() -> None:
    assert found(CODE, facts_of(now={"Sockstat.TCP.orphan": 10**6})) == []
