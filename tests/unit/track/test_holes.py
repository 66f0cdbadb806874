"""Ranges that have not passed: opened, filled from either end and in the middle, forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from estab.lives import Life
from estab.track.holes import HOLES_MAX, fill, forget_below, hole_at, open_hole
from estab.track.records import SIDE


@pytest.fixture
def side() -> Any:
    return Life.INTERPRETED.row(SIDE)


def ranges(side: Any) -> list[tuple[int, int]]:
    return [(side.hole_left[place], side.hole_right[place]) for place in range(side.holes)]


@pytest.mark.parametrize(
    ("left", "right", "rest"),
    [
        (100, 200, []),
        (50, 300, []),
        (100, 150, [(150, 200)]),
        (50, 150, [(150, 200)]),
        (150, 200, [(100, 150)]),
        (150, 300, [(100, 150)]),
        (120, 150, [(100, 120), (150, 200)]),
        (0, 100, [(100, 200)]),
        (200, 300, [(100, 200)]),
    ],
)
def test_what_passes_leaves_the_rest_open(side: Any, left: int, right: int, rest: list[tuple[int, int]]) -> None:
    open_hole(side, 100, 200, 7)
    fill(side, left, right)
    assert ranges(side) == rest
    assert all(side.hole_ns[place] == 7 for place in range(side.holes))


def test_one_packet_fills_several(side: Any) -> None:
    for left in (100, 300, 500):
        open_hole(side, left, left + 100, left)
    fill(side, 350, 550)
    assert ranges(side) == [(100, 200), (300, 350), (550, 600)]


def test_the_hole_of_a_packet_is_found(side: Any) -> None:
    open_hole(side, 100, 200, 1)
    open_hole(side, 300, 400, 2)
    assert [hole_at(side, left, left + 50) for left in (0, 60, 150, 200, 250, 260, 399, 400)] == [-1, 0, 0, -1, -1, 1, 1, -1]


def test_of_too_many_the_oldest_become_one(side: Any) -> None:
    for place in range(HOLES_MAX + 1):
        open_hole(side, 1000 * place, 1000 * place + 100, place)
    assert side.holes == HOLES_MAX
    assert ranges(side)[0] == (0, 1100)
    assert ranges(side)[-1] == (1000 * HOLES_MAX, 1000 * HOLES_MAX + 100)


def test_a_split_of_a_full_table_keeps_within_it(side: Any) -> None:
    for place in range(HOLES_MAX):
        open_hole(side, 1000 * place, 1000 * place + 100, place)
    fill(side, 1040, 1060)
    assert side.holes == HOLES_MAX
    assert hole_at(side, 1070, 1071) >= 0


def test_what_is_acknowledged_was_not_missing_at_the_receiver(side: Any) -> None:
    open_hole(side, 100, 200, 1)
    open_hole(side, 300, 400, 1)
    open_hole(side, 500, 600, 1)
    assert forget_below(side, 340) == 140
    assert ranges(side) == [(340, 400), (500, 600)]
    assert forget_below(side, 340) == 0
    assert forget_below(side, 1000) == 160
    assert ranges(side) == []
