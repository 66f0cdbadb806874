"""Several files as one."""

from __future__ import annotations

import random

import pytest

from estab.capture.merge import Merge, Waiting
from estab.capture.order import LATE_NS, Block
from estab.lives import Life
from tests.unit.capture.rows import block_of, column
from tests.unit.wire.frames import both_lives

S = 1_000_000_000


def drop(block: Block) -> None:
    """Gives back to nobody."""
    del block


class Recorded:
    """A file of given rows; remembers when it was opened."""

    def __init__(self, life: Life, rows: list[tuple[int, int]], size: int, records: int, log: list[str], name: str) -> None:
        self._parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        self._life, self._records, self._log, self._name = life, records, log, name

    def open(self) -> Recorded:
        self._log.append(f"open {self._name}")
        return self

    def next_block(self) -> Block | None:
        if not self._parts:
            self._log.append(f"end {self._name}")
            return None
        part = self._parts.pop(0)
        return block_of(self._life, [time for time, _ in part], frames=[frame for _, frame in part])

    def frames(self) -> int:
        return self._records


def merged(
    life: Life, files: list[list[tuple[int, int]]], size: int = 2, records: list[int] | None = None
) -> tuple[list[tuple[int, int]], list[str]]:
    """Time and frame of all rows as merged, and the log of openings."""
    log: list[str] = []
    waiting = []
    for number, rows in enumerate(files):
        count = records[number] if records else max((frame for _, frame in rows), default=0)
        feed = Recorded(life, rows, size, count, log, str(number))
        waiting.append(Waiting(rows[0][0] if rows else 0, feed.open))
    out: list[tuple[int, int]] = []
    for block in Merge(waiting, drop):
        out.extend(zip(column(block, "time_ns"), column(block, "frame"), strict=True))
    return out, log


def numbered(*times: int) -> list[tuple[int, int]]:
    return [(time, number) for number, time in enumerate(times, 1)]


@both_lives
@pytest.mark.parametrize("size", [1, 2, 7])
def test_rotated_files_in_whatever_order_they_are_named(life: Life, size: int) -> None:
    files = [numbered(100 * S, 101 * S), numbered(1 * S, 2 * S, 3 * S), numbered(50 * S)]
    out, log = merged(life, files, size)
    assert out == numbered(1 * S, 2 * S, 3 * S, 50 * S, 100 * S, 101 * S)
    assert [line for line in log if line.startswith("open")] == ["open 1", "open 2", "open 0"]


@both_lives
def test_records_without_rows_count_in_the_numbers_of_later_files(life: Life) -> None:
    files = [[(10 * S, 3)], [(20 * S, 2)], [], [(30 * S, 1)]]
    out, _ = merged(life, files, records=[5, 9, 4, 1])
    # The file without rows is looked at first: its first time is 0.
    assert out == [(10 * S, 7), (20 * S, 11), (30 * S, 19)]


@both_lives
@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_interleaved_files_are_numbered_as_mergecap_does(life: Life, size: int) -> None:
    chance = random.Random(size)
    files = [numbered(*sorted(chance.randrange(1000) for _ in range(40))) for _ in range(3)]
    out, _ = merged(life, files, size)
    assert [time for time, _ in out] == sorted(time for rows in files for time, _ in rows)
    assert [frame for _, frame in out] == list(range(1, 121))


@both_lives
@pytest.mark.parametrize("size", [1, 2, 50])
def test_among_equal_times_the_file_named_first_comes_first(life: Life, size: int) -> None:
    marked = [[(5, 1), (5, 2), (5, 3)], [(5, 1), (5, 2)], [(4, 1), (5, 2)]]
    log: list[str] = []
    blocks = list(
        Merge(
            [
                Waiting(rows[0][0], Recorded(life, [(time, frame) for time, frame in rows], size, len(rows), log, "x").open)
                for rows in marked
            ],
            drop,
        )
    )
    assert [time for block in blocks for time in column(block, "time_ns")] == [4] + [5] * 6
    assert [frame for block in blocks for frame in column(block, "frame")] == list(range(1, 8))


@both_lives
def test_rows_moved_within_their_file_keep_their_own_numbers(life: Life) -> None:
    out, _ = merged(life, [[(10, 2), (20, 1), (30, 3)], [(15, 1), (16, 2)]], 50)
    assert [time for time, _ in out] == [10, 15, 16, 20, 30]
    assert out[0] == (10, 2) and out[-1] == (30, 5)


def test_a_file_is_opened_when_its_first_rows_may_be_due() -> None:
    near = numbered(10 * S, 20 * S)
    out, log = merged(Life.INTERPRETED, [near, numbered(20 * S + LATE_NS)], 1)
    assert log == ["open 0", "open 1", "end 0", "end 1"]
    assert len(out) == 3
    _, log = merged(Life.INTERPRETED, [near, numbered(20 * S + LATE_NS + 1)], 2)
    assert log == ["open 0", "end 0", "open 1", "end 1"]


def test_blocks_that_were_copied_are_given_back_and_others_pass() -> None:
    log: list[str] = []
    back: list[Block] = []
    files = [numbered(1, 3), numbered(2, 4), numbered(9 * S)]
    waiting = [Waiting(rows[0][0], Recorded(Life.COMPILED, rows, 9, 9, log, "x").open) for rows in files]
    out = list(Merge(waiting, back.append))
    assert len(back) == 2
    assert all(block.rows is not given.rows for block in out for given in back)


def test_one_life_for_a_block_made_of_two() -> None:
    log: list[str] = []
    waiting = [
        Waiting(1, Recorded(Life.INTERPRETED, numbered(1, 3), 9, 2, log, "x").open),
        Waiting(2, Recorded(Life.COMPILED, numbered(2, 4), 9, 2, log, "y").open),
    ]
    first, *_ = Merge(waiting, drop)
    assert first.life is Life.COMPILED and column(first, "time_ns") == [1, 2, 3]


def test_nothing_gives_nothing() -> None:
    assert merged(Life.INTERPRETED, [[], []]) == ([], ["open 0", "end 0", "open 1", "end 1"])
