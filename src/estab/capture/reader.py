"""Captures in, rows of PACKET out, in time order and in chunks: the one thing of `capture` that others use.

A small input is read interpreted, a large one compiled, in a thread that reads ahead (kernels let go of the interpreter lock).  An input
of unknown size begins interpreted and goes on compiled when it turns out to be large.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, BinaryIO, Self

from estab.capture.ahead import RunAhead
from estab.capture.feed import FileFeed, LifeChoice
from estab.capture.merge import Merge, Waiting
from estab.capture.order import Block
from estab.capture.pool import BlockPool
from estab.capture.rows import FileRows, open_rows
from estab.capture.stop import StopSign
from estab.capture.summary import CaptureSummary
from estab.errors import InputError, MisuseError
from estab.lives import Life

BLOCK_ROWS = 4_096
"""Rows of an interpreted block, and the least of a compiled one."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows in time order: a list of slotted objects (interpreted) or a structured array (compiled), `count` of them valid.

    They belong to the consumer until it asks for the next chunk.
    """

    rows: Any
    count: int
    life: Life


class Reader:
    """Iterates once over the chunks of one capture, or of several as one, in time order.

    `sources` are paths; `-` is standard input, or `stdin` where that is given.  `life` forces one of the two lives; otherwise chunks may
    begin interpreted and go on compiled, never back.  Opening and the first bytes are checked at once: raises InputError.
    What is found besides packets is in `summary`.  The reader is a context manager; leaving it, or dropping the iterator, ends its thread.
    `stop` lets Ctrl-C end the reading without loss.
    """

    def __init__(
        self,
        sources: Sequence[str | os.PathLike[str]],
        *,
        stdin: BinaryIO | None = None,
        chunk_rows: int = 32_768,
        life: Life | None = None,
        stop: StopSign | None = None,
    ) -> None:
        if chunk_rows < 1:
            raise MisuseError("chunk_rows is at least 1")
        if not sources:
            raise MisuseError("name at least one capture")
        self.summary = CaptureSummary(files=[os.fspath(source) for source in sources])
        self._stdin = stdin
        self._stop = stop
        self._chunk_rows = chunk_rows
        self._choice = LifeChoice(life)
        self._pool = BlockPool(max(chunk_rows, BLOCK_ROWS), BLOCK_ROWS)
        self._feeds: list[FileFeed] = []
        self._may_wait = False  # for another program, which must not happen in a thread that nobody can interrupt
        try:
            self._waiting = [self._prepare(name, alone=len(sources) == 1) for name in self.summary.files]
        except InputError:
            self._report()
            raise
        self._reading: weakref.ref[Generator[Chunk, None, None]] | None = None

    def __iter__(self) -> Iterator[Chunk]:
        """Begins to read; a second call goes on with the same chunks."""
        reading = self._reading() if self._reading is not None else None
        if reading is None:
            reading = self._read()
            # Weak, so that whoever drops the iterator ends the reading there and then.
            self._reading = weakref.ref(reading)
        return reading

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def life(self) -> Life:
        """The life of the next block."""
        return self._choice.now()

    def close(self) -> None:
        """Ends reading: no thread and no open file stays; the summary has what was read so far."""
        reading = self._reading() if self._reading is not None else None
        if reading is not None:
            reading.close()
        self._report()

    def _prepare(self, name: str, *, alone: bool) -> Waiting:
        """Opens a source and looks at its beginning; one of several files is closed again until its time comes."""
        rows = open_rows(name, self._stdin, self._stop)
        source = rows.source
        self._choice.plain_bytes += source.plain_bytes or 0
        self._may_wait |= not source.is_file
        if alone or not source.is_file:
            feed = self._feed(rows)
            return Waiting(rows.first_ns(), lambda: feed)
        first_ns = rows.first_ns()
        rows.close()
        return Waiting(first_ns, lambda: self._feed(open_rows(name)))

    def _feed(self, rows: FileRows) -> FileFeed:
        feed = FileFeed(rows, self._pool, self._choice, self.summary)
        self._feeds.append(feed)
        return feed

    def _read(self) -> Generator[Chunk, None, None]:
        blocks: Iterator[Block] = iter(Merge(self._waiting, self._pool.give))
        ahead: RunAhead[Block] | None = None
        try:
            while self._may_wait or self._stop is None or not self._stop.asked:  # a pipe ends by itself, with its last bytes
                if ahead is None and self._choice.now() is Life.COMPILED and not self._may_wait:
                    blocks = ahead = RunAhead(blocks)
                block = next(blocks, None)
                if block is None:
                    break
                yield from self._slices(block)
                self._pool.give(block)
            self.summary.finished = self._stop is None or not self._stop.asked
        finally:
            if ahead is not None:
                ahead.close()
            self._report()

    def _slices(self, block: Block) -> Iterator[Chunk]:
        """A block in chunks of the size that was asked for."""
        if block.count <= self._chunk_rows:
            yield Chunk(block.rows, block.count, block.life)
            return
        for start in range(0, block.count, self._chunk_rows):
            end = min(start + self._chunk_rows, block.count)
            yield Chunk(block.rows[start:end], end - start, block.life)

    def _report(self) -> None:
        for feed in self._feeds:
            feed.report()
