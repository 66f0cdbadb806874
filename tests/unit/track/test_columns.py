from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from estab.track.columns import SMALL, Columns, Room

RECORD = np.dtype(
    [("rare", np.int64), ("low", np.int32), ("large", np.int64), ("larger", np.int64), ("never", np.int32), ("pair", np.int64, (2,))]
)
LARGE = SMALL + 77


def records(count: int) -> np.ndarray:
    made = np.zeros(count, RECORD)
    made["rare"][::100] = np.arange(len(made["rare"][::100])) + (1 << 40)
    made["low"] = np.arange(count) % 200 - 100
    made["large"] = np.arange(count) + (1 << 40)
    made["larger"] = 2 * made["large"]
    made["pair"] = np.arange(2 * count).reshape(count, 2)
    return made


@pytest.mark.parametrize("count", [0, 1, 500, LARGE])
@pytest.mark.parametrize("room_bytes", [1, 1 << 30])
def test_a_column_is_the_field_whatever_form_it_is_kept_in(count: int, room_bytes: int) -> None:
    made = records(count)
    columns = Columns(made, room=Room(room_bytes, room_bytes))
    for _ in range(3):
        for name in RECORD.names or ():
            column = getattr(columns, name)
            assert column.dtype == RECORD[name].base and np.array_equal(column, made[name]), name


def test_what_hardly_ever_happens_takes_little_room() -> None:
    columns = Columns(records(LARGE))
    assert columns.never.strides == (0,) and columns.never.shape == (LARGE,)
    assert columns.rare is columns.rare and columns.low is columns.low and columns.large is columns.large
    forms = {name: type(form).__name__ for name, form in columns._packed.items()}
    assert forms == {"never": "_Sparse", "rare": "_Sparse", "low": "_Narrow"}


def test_recent_columns_make_room_for_others() -> None:
    columns = Columns(records(LARGE), room=Room(8 * LARGE))
    first = columns.large
    assert columns.large is first
    assert len(columns.rare) == len(columns.low) == LARGE and columns.large is first
    assert columns.larger.base is None
    assert columns.large is not first and np.array_equal(columns.large, first)


@pytest.mark.parametrize("count", [9, LARGE])
def test_sides_change_places_row_by_row(count: int) -> None:
    mine, other = records(count), records(count)
    other["low"] += 1000
    swapped = np.arange(count) % 3 == 0
    assert np.array_equal(Columns(mine, other, swapped).low, np.where(swapped, other["low"], mine["low"]))
    assert mine["low"].max() < 1000


def test_a_surplus_is_taken_off_once_and_not_off_the_records() -> None:
    made = records(LARGE)
    columns = Columns(made)
    columns.lessen("large", lambda: np.full(LARGE, 7))
    assert columns.large[0] == columns.large[0] == made["large"][0] - 7
    assert made["large"][0] == 1 << 40


def test_columns_are_for_reading_and_other_names_are_errors() -> None:
    columns = Columns(records(3))
    with pytest.raises(ValueError, match="read-only"):
        columns.low[0] = 1
    with pytest.raises(AttributeError):
        columns.missing  # noqa: B018


@pytest.mark.parametrize("count", [9, LARGE])
def test_forgotten_columns_are_read_again(count: int) -> None:
    made = records(count)
    columns = Columns(made, room=Room())
    before = {name: getattr(columns, name) for name in RECORD.names or ()}
    columns.forget()
    assert not columns._packed and columns.large is not before["large"]
    for name, column in before.items():
        assert np.array_equal(getattr(columns, name), column), name


MIXED = np.dtype(
    [("near", "i8"), ("half", "i4"), ("part", "u2"), ("byte", "u1"), ("far", "i8", (9,)), ("last", "i4"), ("end", "i2")], align=True
)


def test_neighbours_of_all_sizes_are_told_apart() -> None:
    """Fields of one stretch are cut out of words: each must be its own, with its sign, on both sides of a swap."""
    mine, other = np.zeros(LARGE, MIXED), np.zeros(LARGE, MIXED)
    for sign, made in ((1, mine), (-1, other)):
        for place, name in enumerate(("near", "half", "part", "byte", "last", "end"), start=1):
            made[name] = (np.arange(LARGE) % 97 + place) * (sign if MIXED[name].kind == "i" else 1)
    swapped = np.arange(LARGE) % 5 == 0
    for first in ("half", "end"):
        columns = Columns(mine, other, swapped)
        getattr(columns, first)
        for name in MIXED.names or ():
            column = getattr(columns, name)
            expected = mine[name].copy()
            expected[swapped] = other[name][swapped]
            assert column.dtype == MIXED[name].base and np.array_equal(column, expected), name


def test_several_threads_may_ask_at_once() -> None:
    made = records(LARGE)
    room = Room(1, 1)
    first, second = Columns(made, room=room), Columns(made.copy(), room=room)
    first.lessen("large", lambda: second.low.astype(np.int64))

    def ask(number: int) -> bool:
        names = ["rare", "low", "large", "larger", "never"]
        for name in names[number % 5 :] + names[: number % 5]:
            less = made["low"] if name == "large" else 0
            if not (np.array_equal(getattr(first, name), made[name] - less) and np.array_equal(getattr(second, name), made[name])):
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(40)))
