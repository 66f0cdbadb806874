"""timewait.syn_collision: what a host shows of it, and what comes near."""

from __future__ import annotations

from estab.diagnose.finding import Severity
from tests.host_rules.hosts import facts_of, found

CODE = "timewait.syn_collision"
OLD, ENDED = "TcpExt.PAWSTimewait", "TcpExt.TW"


def test_a_few_are_info_and_several_a_warning() -> None:
    (few,), (several,) = found(CODE, facts_of({OLD: 2})), found(CODE, facts_of({OLD: 3, ENDED: 10}))
    assert (few.severity, several.severity) == (Severity.INFO, Severity.WARNING)


def test_late_segments_of_the_many_connections_that_end_are_none() -> None:
    assert found(CODE, facts_of({OLD: 24, ENDED: 4123})) == []
    assert found(CODE, facts_of({OLD: 0})) == [] and found(CODE, facts_of()) == []
