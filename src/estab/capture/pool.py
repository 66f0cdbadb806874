"""Tables of rows that are used again and again."""

from __future__ import annotations

import queue
from typing import Any

from estab.capture.order import Block
from estab.lives import Life
from estab.wire.columns import PACKET

SMALLEST_SPARE = 64
"""Rows left over that are worth to be used."""


class BlockPool:
    """Gives out empty blocks and takes used ones back, from any thread.

    Compiled tables are recycled; how many there are follows from how many are in use at a time.  Interpreted rows are few and always fresh.
    """

    def __init__(self, compiled_rows: int, interpreted_rows: int) -> None:
        self._capacity = {Life.COMPILED: compiled_rows, Life.INTERPRETED: interpreted_rows}
        self._free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._own: dict[int, Any] = {}

    def take(self, life: Life, most_rows: int) -> Block:
        """An empty block; of `most_rows` where it is not worth more."""
        capacity = self._capacity[life]
        if life is Life.INTERPRETED or most_rows < capacity:
            return Block(life.rows(PACKET, min(capacity, most_rows)), 0, life)
        try:
            return Block(self._free.get_nowait(), 0, life)
        except queue.Empty:
            fresh = life.rows(PACKET, capacity)
            self._own[id(fresh)] = fresh
            return Block(fresh, 0, life)

    def rest(self, block: Block) -> Block | None:
        """The rows of an interpreted block that were not used, as a block, if they are worth it: a pipe gives few rows at a time."""
        unused = len(block.rows) - block.count
        if block.life is not Life.INTERPRETED or unused < SMALLEST_SPARE:
            return None
        block.rows, others = block.rows[: block.count], block.rows[block.count :]
        return Block(others, 0, Life.INTERPRETED)

    def give(self, block: Block) -> None:
        """Takes a block back whose rows nobody looks at any more; one that is not of this pool is left alone."""
        if id(block.rows) in self._own:
            self._free.put(block.rows)
