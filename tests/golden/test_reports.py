"""What the commands print on the examples is what was reviewed; a change that is meant is renewed by `python -m tools.golden write`."""

from __future__ import annotations

import pathlib

import pytest

from tools import golden


@pytest.mark.parametrize(
    ("name", "commands"), golden.pages().items(), ids=lambda value: str(value) if isinstance(value, pathlib.Path) else ""
)
def test_reports_are_those_that_were_reviewed(name: pathlib.Path, commands: list[list[str]]) -> None:
    assert golden.difference(name, commands) == "", "read the difference; where it is meant: python -m tools.golden write"


def test_no_reviewed_report_is_left_over() -> None:
    kept = {path.relative_to(golden.FOLDER) for path in golden.FOLDER.rglob("*.txt") if path.parent.name != "tui"}
    assert kept == set(golden.pages())
