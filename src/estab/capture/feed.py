"""One capture file as blocks of rows in time order."""

from __future__ import annotations

from collections import deque

from estab.capture.order import Block, TimeOrder
from estab.capture.pool import BlockPool
from estab.capture.rows import FileRows
from estab.capture.source import said_name
from estab.capture.summary import CaptureSummary
from estab.lives import Life

SMALLEST_RECORD_BYTES = 40
"""A record of any format that gives a row is at least as long: a header of its own and one of TCP."""


COMPILED_FROM_BYTES = 3_000_000
"""A plain input of this size is read compiled from the start: loading the compiled code then costs less than it saves."""
COMPILED_AFTER_ROWS = 12_000
"""Rows after which an input of unknown size, or of small files, goes on compiled."""


class LifeChoice:
    """Which life the next block is read in: a forced one, or what the input's size asks for; never back to interpreted."""

    def __init__(self, forced: Life | None) -> None:
        self._forced = forced
        self.plain_bytes = 0
        """Of all files whose size is known."""
        self.rows = 0
        """Read so far."""

    def now(self) -> Life:
        """The life for the next block."""
        if self._forced is not None:
            return self._forced
        large = self.plain_bytes >= COMPILED_FROM_BYTES or self.rows > COMPILED_AFTER_ROWS
        return Life.COMPILED if large else Life.INTERPRETED


class FileFeed:
    """Reads a file block by block, each in the life that is chosen when it begins."""

    def __init__(self, rows: FileRows, pool: BlockPool, choice: LifeChoice, summary: CaptureSummary) -> None:
        self._rows = rows
        self._pool = pool
        self._spare: Block | None = None
        self._choice = choice
        self._summary = summary
        self._order = TimeOrder(said_name(rows.source.name))
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
        """Number of the last record found."""
        return int(self._rows.walker.state.frames)

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
        rows.live(self._choice.now())
        spare, self._spare = self._spare, None
        block = spare if spare is not None and spare.life is rows.life else self._pool.take(rows.life, self._most_rows)
        capacity = len(block.rows)
        backward = rows.progress.backward
        block.count = rows.fill(block.rows, capacity)
        self._choice.rows += block.count
        if block.count:
            self._ready.extend(self._order.push(block, backward=rows.progress.backward != backward))
        else:
            self._pool.give(block)
        if rows.ended:
            self._ready.extend(self._order.flush())
            self._ended = True
            self.report()
        else:
            self._spare = self._pool.rest(block)
