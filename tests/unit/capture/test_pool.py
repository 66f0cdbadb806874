"""Tables that are used again."""

from __future__ import annotations

from estab.capture.order import Block
from estab.capture.pool import BlockPool
from estab.lives import Life
from estab.wire.columns import PACKET


def test_a_compiled_table_comes_back() -> None:
    pool = BlockPool(100, 10)
    first, second = pool.take(Life.COMPILED, 1000), pool.take(Life.COMPILED, 1000)
    assert len(first.rows) == 100 and first.rows is not second.rows
    first.count = 7
    pool.give(first)
    third = pool.take(Life.COMPILED, 1000)
    assert third.rows is first.rows and third.count == 0
    assert pool.take(Life.COMPILED, 1000).rows is not first.rows


def test_interpreted_rows_are_always_fresh() -> None:
    pool = BlockPool(100, 10)
    first = pool.take(Life.INTERPRETED, 1000)
    pool.give(first)
    second = pool.take(Life.INTERPRETED, 1000)
    assert len(second.rows) == 10 and second.rows is not first.rows and second.rows[0] is not first.rows[0]


def test_a_small_file_gets_a_small_table_that_is_not_kept() -> None:
    pool = BlockPool(100, 10)
    small = pool.take(Life.COMPILED, 3)
    assert len(small.rows) == 3 and len(pool.take(Life.INTERPRETED, 3).rows) == 3
    pool.give(small)
    assert len(pool.take(Life.COMPILED, 1000).rows) == 100


def test_what_a_pipe_did_not_fill_is_used_next() -> None:
    pool = BlockPool(1000, 1000)
    block = pool.take(Life.INTERPRETED, 1000)
    every, block.count = list(block.rows), 3
    rest = pool.rest(block)
    assert rest is not None and (block.rows, rest.rows, rest.count) == (every[:3], every[3:], 0)
    rest.count = 990
    assert pool.rest(rest) is None
    assert pool.rest(pool.take(Life.COMPILED, 1000)) is None


def test_a_foreign_table_is_left_alone() -> None:
    pool = BlockPool(100, 10)
    pool.give(Block(Life.COMPILED.rows(PACKET, 100), 100, Life.COMPILED))
    assert pool._free.empty()
