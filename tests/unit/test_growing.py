"""Tables that grow: nothing written is lost, what is new is zero, and whoever looks on keeps what they had."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator

import numpy as np
import pytest

from estab.growing import (
    HUGE_PAGE_BYTES,
    STEPS_AT_FIRST,
    Growing,
    GrowingTable,
    give_back_freed_memory,
    growing,
    keep_freed_memory,
    reserve,
)
from estab.lives import Life

RECORD = np.dtype([("number", np.int64), ("mark", np.int32)])
STEP = 100


@pytest.fixture(params=Life)
def table(request: pytest.FixtureRequest) -> Iterator[Growing]:
    made = growing(request.param, RECORD, STEP)
    yield made
    made.settle()


def numbers(table: Growing) -> list[int]:
    rows = table.rows[: table.ready]
    return rows["number"].tolist() if isinstance(rows, np.ndarray) else [row.number for row in rows]


def write(table: Growing, row: int) -> None:
    if isinstance(table.rows, np.ndarray):
        table.rows["number"][row] = row + 1
    else:
        table.rows[row].number = row + 1


def test_rows_are_zero_until_they_are_written_and_stay_what_they_are(table: Growing) -> None:
    written = 0
    while table.ready < 300 * STEP:
        assert numbers(table)[written:] == [0] * (table.ready - written)
        for row in range(written, table.ready):
            write(table, row)
        written = table.ready
        table.more()
    assert table.ready > written
    assert numbers(table)[:written] == list(range(1, written + 1))
    assert table.ready <= len(table.rows)


def test_a_reserve_is_at_least_what_was_asked_for(table: Growing) -> None:
    reserve(table, 1)
    assert table.ready == STEP
    reserve(table, 40 * STEP + 1)
    assert 40 * STEP < table.ready <= len(table.rows)


def outgrow(table: GrowingTable) -> None:
    """Steps until the table had to be made larger."""
    before = len(table.rows)
    while len(table.rows) == before:
        table.more()


def test_who_looks_on_keeps_the_rows_as_they_were() -> None:
    table = GrowingTable(RECORD, STEP)
    table.rows["number"][:STEP] = 7
    kept = table.rows[:STEP]
    outgrow(table)
    table.rows["number"][:STEP] = 8
    table.settle()
    assert set(kept["number"].tolist()) == {7} and set(table.rows["number"][:STEP].tolist()) == {8}


def test_a_system_that_cannot_move_memory_copies_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fixed(mmap.mmap):
        def resize(self, newsize: int) -> None:
            raise SystemError(newsize)

    monkeypatch.setattr(mmap, "mmap", Fixed)
    table = GrowingTable(RECORD, STEP)
    reserve(table, STEP * STEPS_AT_FIRST // 2)
    table.rows["number"][: table.ready] = 7
    used = table.ready
    outgrow(table)
    table.settle()
    assert set(table.rows["number"][:used].tolist()) == {7} and not table.rows["number"][used:].any()


def test_a_system_without_private_maps_or_huge_pages_has_tables_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAP_ANONYMOUS", "MADV_HUGEPAGE"):
        monkeypatch.delattr(mmap, name, raising=False)
    table = GrowingTable(RECORD, STEP)
    outgrow(table)
    table.settle()
    assert not table.rows["number"].any()


def test_a_c_library_that_keeps_nothing_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_freed_memory()
    give_back_freed_memory()
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    give_back_freed_memory()


def test_what_is_given_back_is_zero_and_ready_again() -> None:
    table = growing(Life.COMPILED, RECORD, 1 << 16)
    reserve(table, 1 << 17)
    table.rows["number"][:] = 7
    table.give_back(10)
    assert (table.rows["number"][:10] == 7).all()
    whole_pages = -(-10 * RECORD.itemsize // HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES // RECORD.itemsize
    assert (table.rows["number"][whole_pages : table.ready] == 0).all() and table.ready >= 1 << 17
    table.more()
    assert (table.rows["number"][:10] == 7).all()
