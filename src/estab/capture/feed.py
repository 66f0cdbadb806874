"""One capture file as blocks of rows in time order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from estab.capture.order import Block, TimeOrder
from estab.capture.pool import BlockPool
from estab.capture.rows import FileRows
from estab.capture.summary import CaptureSummary
from estab.lives import Life

SMALLEST_RECORD_BYTES = 40
"""A record of any format that gives a row is at least as long: a header of its own and one of TCP."""


class FileFeed:
    """Reads a file block by block, in the life that `life` names at the beginning of each block."""

    def __init__(self, rows: FileRows, pool: BlockPool, life: Callable[[], Life], summary: CaptureSummary) -> None:
        self._rows = rows
        self._pool = pool
        self._life = life
        self._summary = summary
        self._order = TimeOrder(rows.source.name)
        plain_bytes = rows.source.plain_bytes
        self._most_rows = 1 << 30 if plain_bytes is None else plain_bytes // SMALLEST_RECORD_BYTES + 1
        self._ready: deque[Block] = deque()
        self._ended = False
        self._reported = False

    def next_block(self) -> Block | None:
        """The next block, never empty; None at the end."""
        while not self._ready and not self._ended:
            self._read_block()
        return self._ready.popleft() if self._ready else None

    def frames(self) -> int:
        """Records read so far."""
        return int(self._rows.progress.frame)

    def report(self) -> None:
        """Tells the summary what was found, once, and closes the file."""
        if not self._reported:
            self._reported = True
            self._rows.report(self._summary)
            for note in self._order.notes():
                self._summary.add_note(note)
            self._rows.close()

    def _read_block(self) -> None:
        rows = self._rows
        rows.live(self._life())
        block = self._pool.take(rows.life, self._most_rows)
        capacity = len(block.rows)
        backward = rows.progress.backward
        block.count = rows.fill(block.rows, capacity)
        if block.count:
            self._ready.extend(self._order.push(block, backward=rows.progress.backward != backward))
        else:
            self._pool.give(block)
        if block.count < capacity:
            self._ready.extend(self._order.flush())
            self._ended = True
            self.report()
