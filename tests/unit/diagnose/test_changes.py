"""What changes between the findings of intervals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from estab.diagnose import changes as module
from estab.diagnose.changes import ChangeKind, FindingLog, Span, differs
from estab.diagnose.finding import CounterEvidence, Finding, Severity, Subject, SubjectKind
from estab.instant import SECOND_NS
from estab.text import msg

HERE = Subject(SubjectKind.LISTENER, "10.0.0.1", 80)


def found(code: str = "a.a", **more: object) -> Finding:
    values = {
        "code": code, "severity": Severity.WARNING, "confidence": 0.8, "title": msg("t"), "summary": msg("s"), "subject": HERE,
        "count": 3, "evidence": (CounterEvidence(msg("counter"), "c", 0, 3),), "cause": msg("c"),
    }  # fmt: skip
    return Finding(**(values | more))  # type: ignore[arg-type]


def span(number: int) -> Span:
    """Interval `number` of five seconds; the clock of the day was set an hour ahead behind the second one."""
    jump = 3600 if number > 1 else 0
    ends = [(5 * at) * SECOND_NS for at in (number, number + 1)]
    return Span(from_ns=ends[0] + jump * SECOND_NS, to_ns=ends[1] + jump * SECOND_NS, steady_from_ns=ends[0], steady_to_ns=ends[1])


def told(log: FindingLog, *intervals: list[Finding]) -> list[list[tuple[str, str]]]:
    return [
        [(change.kind.value, change.finding.code) for change in log.note(findings, span(number))]
        for number, findings in enumerate(intervals)
    ]


def test_a_finding_appears_once_and_ends_once() -> None:
    log = FindingLog()
    assert told(log, [found()], [found()], [], [], []) == [[("appeared", "a.a")], [], [], [("ended", "a.a")], []]
    assert (log.appeared, log.ended, log.standing) == (1, 1, 0)


def test_how_long_it_lasted_is_from_the_first_interval_to_the_last_one_that_shows_it() -> None:
    log = FindingLog()
    for number, findings in enumerate([[], [found()], [found()], []]):
        log.note(findings, span(number))
    (ended,) = log.note([], span(4))
    assert ended.lasted_ns == 10 * SECOND_NS  # whatever the clock of the day did
    assert ended.since_ns == span(1).from_ns and ended.until_ns == span(2).to_ns


def test_one_interval_without_it_is_not_the_end() -> None:
    assert told(FindingLog(), [found()], [], [found()], [], [found()]) == [[("appeared", "a.a")], [], [], [], []]


def test_what_comes_back_is_counted() -> None:
    log = FindingLog()
    for number, findings in enumerate([[found()], [], []]):
        log.note(findings, span(number))
    (again,) = log.note([found()], span(3))
    assert again.kind is ChangeKind.APPEARED and again.times == 2


def test_the_same_code_elsewhere_and_twice_at_one_place_are_others() -> None:
    log = FindingLog()
    elsewhere = found(subject=replace(HERE, port=81))
    assert len(log.note([found(), elsewhere, found(count=1)], span(0))) == 3
    assert log.note([found(), elsewhere, found(count=1)], span(1)) == []


@pytest.mark.parametrize(
    ("was", "now", "material"),
    [
        ((3, "warning"), (3, "critical"), True),
        ((3, "critical"), (3, "warning"), True),
        ((3, "warning"), (7, "warning"), False),  # few are always many times as many
        ((5, "warning"), (10, "warning"), True),
        ((10, "warning"), (5, "warning"), True),
        ((100, "warning"), (199, "warning"), False),
    ],
)
def test_what_is_a_change(was: tuple[int, str], now: tuple[int, str], material: bool) -> None:
    before, after = (found(count=count, severity=Severity(severity)) for count, severity in (was, now))
    assert differs(before, after) is material
    log = FindingLog()
    log.note([before], span(0))
    changes = log.note([after], span(1))
    assert [change.kind for change in changes] == [ChangeKind.CHANGED] * material
    assert all(change.was is before for change in changes)


def test_a_slow_growth_is_measured_from_what_was_told() -> None:
    log = FindingLog()
    changes = [log.note([found(count=count)], span(number)) for number, count in enumerate((10, 14, 19, 24, 30))]
    assert [len(told) for told in changes] == [1, 0, 0, 1, 0]


def test_only_so_many_ended_ones_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REMEMBERED", 1)
    log = FindingLog()
    for number, findings in enumerate([[found("a.a"), found("b.b")], [], []]):
        log.note(findings, span(number))
    assert [change.times for change in log.note([found("a.a"), found("b.b")], span(3))] == [1, 2]
