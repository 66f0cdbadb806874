"""The summary keeps a bounded number of lines."""

from __future__ import annotations

from estab.capture.summary import MOST_LINES, CaptureSummary
from estab.text import msg


def test_lines_are_bounded_and_the_first_stay() -> None:
    summary = CaptureSummary()
    for number in range(3 * MOST_LINES):
        summary.add_damage(msg("damage {number}", number=number))
        summary.add_note(msg("note {number}", number=number))
    assert len(summary.damage) == len(summary.notes) == MOST_LINES
    assert str(summary.damage[0]) == "damage 0" and str(summary.notes[-1]) == f"note {MOST_LINES - 1}"


def test_a_summary_begins_empty() -> None:
    one, other = CaptureSummary(), CaptureSummary()
    one.add_damage(msg("x"))
    assert other.damage == [] and not other.finished
