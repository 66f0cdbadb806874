from __future__ import annotations

import numpy as np
import pytest

from estab.track import numbers
from estab.track.numbers import FEW_PART, numbered, one_by_one


def columns(count: int, different: int) -> list[np.ndarray]:
    draw = np.random.default_rng(count + different)
    rows = draw.integers(0, 1 << 32, (different, 4), np.uint32)
    rows[:, 2] = rows[0, 2]
    rows[1::2, :3] = rows[::2, :3][: len(rows[1::2])]  # pairs that differ in one column only
    chosen = np.concatenate([np.arange(different), draw.integers(0, different, max(count - different, 0))])[:count]
    return [*rows[chosen].T, (chosen % 7).astype(np.uint16)]


@pytest.mark.parametrize(("count", "different"), [(1, 1), (50, 50), (600, 500), (600, 600 // FEW_PART), (600, 1)])
@pytest.mark.parametrize("by", [numbered, one_by_one])
def test_rows_have_the_same_number_where_all_is_the_same(count: int, different: int, by: object) -> None:
    made = columns(count, different)
    given = by(made)  # type: ignore[operator]
    rows = list(zip(*(column.tolist() for column in made), strict=True))
    assert sorted(set(given.tolist())) == list(range(len(set(rows))))
    assert len(set(zip(rows, given.tolist(), strict=True))) == len(set(rows))


def test_no_rows_have_no_numbers() -> None:
    none: list[np.ndarray] = [np.zeros(0, np.uint32), np.zeros(0, np.uint16)]
    assert len(numbered(none)) == len(one_by_one(none)) == 0


def test_rows_that_mix_to_the_same_are_told_apart_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "FACTORS", (1, 1))
    assert len(set(numbered([np.array([1, 2, 3], np.uint32), np.array([3, 2, 1], np.uint32)]).tolist())) == 3
