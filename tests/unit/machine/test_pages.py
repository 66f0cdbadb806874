from __future__ import annotations

import pathlib
import re

import pytest

from estab.machine.pages import pages
from estab.machine.states import State
from estab.machine.stimuli import Stimulus
from estab.machine.table import IGNORED, ROWS


@pytest.mark.parametrize("name", ["states.svg", "rows.md"])
def test_committed_page_is_what_the_table_says(name: str, root: pathlib.Path) -> None:
    committed = (root / "docs" / "machine" / name).read_text(encoding="utf-8")
    assert committed == pages()[name], "run python -m tools.machine_pages docs/machine"


def test_every_row_and_every_reason_stand_in_their_section() -> None:
    sections = dict(re.findall(r"^### (.+)\n((?:(?!^#).*\n)*)", pages()["rows.md"] + "\n", re.MULTILINE))
    assert list(sections) == [stimulus.label for stimulus in Stimulus]
    told = {
        (state, stimulus.label, line[1], line[2], line[3], line[4], line[5])
        for stimulus in Stimulus
        for line in (
            [cell.strip() for cell in text.strip("|").split("|")] for text in sections[stimulus.label].splitlines() if text.startswith("|")
        )
        for state in line[0].split(", ")
    }
    wanted = {
        (
            row.state.label,
            row.stimulus.label,
            row.condition.value,
            "stays" if row.next is row.state else f"**{row.next.label}**",
            row.emits.label,
            "; ".join(effect.value for effect in row.effects),
            row.clause,
        )
        for row in ROWS
    }
    states = {state.label for state in State}
    assert {line for line in told if line[0] in states} == wanted
    for (state, stimulus), reason in IGNORED.items():
        assert re.search(rf"ignored in .*{state.label}.*{re.escape(reason)}", sections[stimulus.label])
