"""Parts of a packet sequence, tracked apart and joined, are the whole: columns, timelines, judgements, in both lives."""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estab.errors import MisuseError
from estab.lives import Life, rows_to_table
from estab.track import Tracker, merge
from estab.wire.columns import PACKET
from tests.property.runs import summary
from tests.property.traffic import DRAWS, Draw, random_draws, traffic

CUTS = st.lists(st.integers(0, 60), min_size=1, max_size=4)
"""Where a sequence is cut: two to five parts, some perhaps empty."""


def part(rows: list[Any], life: Life, *, leaning: bool = True) -> Tracker:
    """A tracker of some rows."""
    tracker = Tracker(keep_leaning=leaning)
    packets: Any = [copy.copy(row) for row in rows] if life is Life.INTERPRETED else rows_to_table(rows, PACKET)
    tracker.feed(packets, len(rows), life)
    return tracker


def parts(rows: list[Any], cuts: list[int]) -> list[list[Any]]:
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    return [rows[begin:end] for begin, end in itertools.pairwise(edges)]


def joined(rows: list[Any], cuts: list[int], lives: Sequence[Life]) -> Tracker:
    """The parts tracked apart, in these lives by turns, and joined from the left."""

    def absorb(earlier: Tracker, later: Tracker) -> Tracker:
        merge.absorb(earlier, later)
        return earlier

    return functools.reduce(absorb, [part(some, life) for some, life in zip(parts(rows, cuts), itertools.cycle(lives), strict=False)])


def disagreements(rows: list[Any], cuts: list[int], *lives: Life) -> list[str]:
    """Where the joined parts say something else than the whole."""
    whole, both = part(rows, lives[0], leaning=False), joined(rows, cuts, lives)
    if (whole.first_ns, whole.last_ns, whole.orphan_icmp) != (both.first_ns, both.last_ns, both.orphan_icmp):
        return [f"{whole.first_ns} {whole.last_ns} {whole.orphan_icmp}, {both.first_ns} {both.last_ns} {both.orphan_icmp}"]
    mine, others = summary(whole.finish()), summary(both.finish())
    return [f"{name}: {mine[name]}, {others[name]}" for name in mine if mine[name] != others[name]]


@given(DRAWS, CUTS)
@settings(max_examples=200)
def test_joined_parts_are_the_whole(draws: list[Draw], cuts: list[int]) -> None:
    assert disagreements(traffic(draws), cuts, Life.INTERPRETED) == []


@given(DRAWS, CUTS)
@settings(max_examples=60)
def test_joined_parts_are_the_whole_when_compiled(draws: list[Draw], cuts: list[int]) -> None:
    assert disagreements(traffic(draws), cuts, Life.COMPILED) == []


@given(DRAWS, CUTS)
@settings(max_examples=60)
def test_parts_of_both_lives_are_joined(draws: list[Draw], cuts: list[int]) -> None:
    assert disagreements(traffic(draws), cuts, Life.INTERPRETED, Life.COMPILED) == []


@pytest.mark.parametrize("life", Life)
@pytest.mark.parametrize("seed", range(6))
def test_long_sequences(life: Life, seed: int) -> None:
    rows = traffic(random_draws(seed, 1_500), pairs=20 + 60 * (seed & 1), slowly=seed > 2)
    assert disagreements(rows, [250, 600, 610, 1_200], life) == []


def test_joining_needs_what_leans() -> None:
    rows = traffic(random_draws(1, 20))
    earlier, later = part(rows[:10], Life.INTERPRETED), part(rows[10:], Life.INTERPRETED, leaning=False)
    with pytest.raises(MisuseError):
        merge.absorb(earlier, later)
