"""What a watched host's changes look like on a screen of 80 columns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from estab.diagnose.changes import Change, ChangeKind, FindingLog
from estab.diagnose.finding import Severity
from estab.instant import SECOND_NS
from estab.report.watch_text import changes_text, closing_text
from estab.typeset import width_of
from tests.unit.report.analyses import layout
from tests.unit.report.host_analyses import captured, leak_analysis

ANALYSIS = leak_analysis()
LEAK = next(finding for finding in ANALYSIS.diagnosis.findings if finding.code == "close.close_wait_leak")


def change(kind: ChangeKind, **more: object) -> Change:
    values = {"kind": kind, "finding": LEAK, "since_ns": 11524 * SECOND_NS, "until_ns": 11600 * SECOND_NS, "lasted_ns": 76 * SECOND_NS}
    return Change(**(values | more))  # type: ignore[arg-type]


def test_what_is_new_stands_in_full_below_its_time() -> None:
    told = changes_text(ANALYSIS, [change(ChangeKind.APPEARED)], layout())
    assert told.startswith("\n03:12:09 UTC  new\nCRITICAL  ") and "Evidence" in told and "worker[77]" in told and "estab explain" in told


def test_what_came_back_says_so() -> None:
    assert "03:12:09 UTC  again, time 3\n" in changes_text(ANALYSIS, [change(ChangeKind.APPEARED, times=3)], layout())


def test_what_ended_has_few_lines() -> None:
    told = changes_text(ANALYSIS, [change(ChangeKind.ENDED)], layout())
    assert "03:12:09 UTC  ended, after 76 s\n" in told and "seen from 03:12:04 to 03:13:20 UTC" in told
    assert len(told.splitlines()) <= 6 and "Evidence" not in told


@pytest.mark.parametrize(
    ("was", "said"),
    [
        (replace(LEAK, severity=Severity.WARNING), "worse"),
        (replace(LEAK, count=9), "30, was 9"),
        (replace(LEAK, severity=Severity.INFO), "new"),  # which had not been shown
    ],
)
def test_what_changed(was: object, said: str) -> None:
    told = changes_text(ANALYSIS, [change(ChangeKind.CHANGED, was=was)], layout())
    assert f"03:12:09 UTC  {said}\n" in told and ("Evidence" in told) is (said == "new")


def test_what_became_a_note_is_told_to_who_saw_the_warning() -> None:
    note = replace(LEAK, severity=Severity.INFO)
    assert "less severe" in changes_text(ANALYSIS, [change(ChangeKind.CHANGED, finding=note, was=LEAK)], layout())


def test_no_change_is_no_line() -> None:
    note = replace(LEAK, severity=Severity.INFO)
    silent = [change(kind, finding=note, was=note) for kind in ChangeKind]
    assert changes_text(ANALYSIS, [], layout()) == changes_text(ANALYSIS, silent, layout()) == ""
    assert changes_text(ANALYSIS, silent[:1], layout(notes=True)) != ""


def test_only_the_worst_in_full() -> None:
    new = [change(ChangeKind.APPEARED, finding=replace(LEAK, subject=replace(LEAK.subject, port=port))) for port in (80, 81, 82)]
    told = changes_text(ANALYSIS, new, layout(most=1))
    assert told.count("CRITICAL") == 1 and "2 more findings are not shown (--top)" in told


def test_very_many_new_ones_are_gathered() -> None:
    new = [change(ChangeKind.APPEARED, finding=replace(LEAK, subject=replace(LEAK.subject, port=port))) for port in range(80, 95)]
    assert "The same at 10 more places" in changes_text(ANALYSIS, new, layout())


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_lines_fit_unless_they_are_there_to_be_copied(language: str) -> None:
    changes = [change(ChangeKind.APPEARED), change(ChangeKind.CHANGED, was=replace(LEAK, count=9)), change(ChangeKind.ENDED)]
    told = changes_text(ANALYSIS, changes, layout(language)) + closing_text(FindingLog(), 3, 76 * SECOND_NS, layout(language))
    assert [line for line in told.splitlines() if width_of(line) > 80 and "estab " not in line] == []


def test_the_last_line_counts() -> None:
    log = FindingLog()
    assert "no whole interval" in closing_text(log, 0, SECOND_NS, layout())
    assert "watched for 1 s (1 interval): no finding" in closing_text(log, 1, SECOND_NS, layout())
    log.appeared, log.ended = 2, 1
    assert "2 findings appeared, 1 ended, 0 left" in closing_text(log, 9, SECOND_NS, layout())


def test_packets_that_an_interval_lacks_are_told() -> None:
    told = changes_text(leak_analysis(packets=captured(lost=3)), [], layout())
    assert told.startswith("\n03:12:09 UTC  packets\n  LOST: 3 packets")
    assert changes_text(leak_analysis(packets=captured()), [], layout()) == ""
