from __future__ import annotations

from estab.explain.codes.declare import Place, Step
from estab.explain.myths import CORRECTIONS
from estab.explain.page import Rows
from estab.explain.sections import MYTHS, myth_section, step_rows
from estab.text import msg


def test_steps_are_numbered_and_name_their_place() -> None:
    rows = step_rows([Step(Place.APPLICATION, msg("a")), Step(Place.KERNEL, msg("b"))]).rows
    assert rows == (("1", Place.APPLICATION.value, msg("a")), ("2", Place.KERNEL.value, msg("b")))


def test_without_a_saying_there_is_no_section() -> None:
    assert myth_section(()) == []


def test_a_saying_is_a_table_of_three_lines() -> None:
    (section,) = myth_section(CORRECTIONS[:2])
    assert section.heading == MYTHS and len(section.body) == 2
    assert isinstance(section.body[0], Rows)
    assert [row[1] for row in section.body[0].rows] == [CORRECTIONS[0].said, CORRECTIONS[0].right, CORRECTIONS[0].proof]
