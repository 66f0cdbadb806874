"""Several captures as one, in time order (rotated files, several interfaces).

Theory of operation.  Each file gives blocks whose times never decrease.  A file is opened when the merged time comes within reach of
its first record, so that a hundred rotated files are not open at once.  In one step, everything up to the lowest of the open files' last
known times is final: taken from each file, put together and sorted stably; among equal times the file named first comes first.  Where
only one file has rows in that span, its block goes through as it is.

Frames are numbered as if the files were merged: a row's number counts the records of its own file up to it, those of files
that are at their end, and those of the others up to their last row before it.  For files one after the other, and for files that hold
nothing but TCP, this is the number in the file that `mergecap` would write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from estab.capture.order import LATE_NS, Block
from estab.lives import Life


class Feed(Protocol):
    """One file: blocks in time order, and how many records it had."""

    def next_block(self) -> Block | None:
        """The next block, never empty; None at the end."""

    def frames(self) -> int:
        """Number of the last record; asked for when the file is at its end."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that is not open yet: the time of its first record, and how to open it."""

    first_ns: int
    open: Callable[[], Feed]


@dataclass(slots=True)
class _Open:
    """A file with its present block, used up to `start`, and the number of the last row given out."""

    rank: int
    feed: Feed
    block: Block
    start: int = 0
    last_frame: int = 0

    def last_ns(self) -> int:
        return self.block.time_ns(self.block.count - 1)


class Merge:
    """Iterates over blocks of rows in time order; `give_back` gets blocks of the feeds whose rows have been copied."""

    def __init__(self, waiting: list[Waiting], give_back: Callable[[Block], None]) -> None:
        self._waiting = sorted(enumerate(waiting), key=lambda item: (item[1].first_ns, item[0]))
        self._give_back = give_back
        self._open: list[_Open] = []
        self._frames = 0  # number of the last row given out, and of the records behind it in files that have ended

    def __iter__(self) -> Iterator[Block]:
        while self._open_what_is_due():
            yield self._step()

    def _open_what_is_due(self) -> bool:
        """Opens the files whose first rows may come before the last known ones of the open files; False when all are at their end."""
        while self._waiting:
            rank, waiting = self._waiting[0]
            if self._open and waiting.first_ns - LATE_NS > min(file.last_ns() for file in self._open):
                break
            del self._waiting[0]
            feed = waiting.open()
            block = feed.next_block()
            if block is None:
                self._frames += feed.frames()
            else:
                self._open.append(_Open(rank, feed, block))
        return bool(self._open)

    def _step(self) -> Block:
        """All rows that are final now."""
        final_ns = min(file.last_ns() for file in self._open)
        shortest = min(file.rank for file in self._open if file.last_ns() == final_ns)
        parts = []
        for file in sorted(self._open, key=lambda file: file.rank):
            end = _rows_until(file, final_ns, inclusive=file.rank <= shortest)
            if end > file.start:
                parts.append((file, end))
        if len(parts) == 1 and parts[0][0].start == 0 and parts[0][1] == parts[0][0].block.count:
            file = parts[0][0]
            result = self._alone(file)
            self._go_on(file)
        else:
            result = self._together(parts)
            for file, end in parts:
                file.start = end
                if end == file.block.count:
                    self._give_back(file.block)
                    self._go_on(file)
        return result

    def _go_on(self, file: _Open) -> None:
        """The next block of a file whose present one is used up."""
        block = file.feed.next_block()
        if block is not None:
            file.block, file.start = block, 0
        else:
            self._frames += file.feed.frames() - file.last_frame
            self._open.remove(file)

    def _alone(self, file: _Open) -> Block:
        """A whole block of one file, with its frames numbered anew in place."""
        block, shift = file.block, self._frames - file.last_frame
        if self._waiting or len(self._open) > 1:  # else no other file's frames will have to follow on these
            file.last_frame = max(file.last_frame, int(_column(block.rows[: block.count], "frame", block.life).max()))
            self._frames = file.last_frame + shift
        if shift and block.life is Life.COMPILED:
            block.rows["frame"][: block.count] += shift
        elif shift:
            for row in block.rows[: block.count]:
                row.frame += shift
        return block

    def _together(self, parts: list[tuple[_Open, int]]) -> Block:
        """Rows of several files, merged into a new block."""
        life = Life.COMPILED if any(file.block.life is Life.COMPILED for file, _ in parts) else Life.INTERPRETED
        pieces = [file.block.live(life).rows[file.start : end] for file, end in parts]
        times = np.concatenate([_column(piece, "time_ns", life) for piece in pieces])
        steps, lags = [], []
        for (file, _), piece in zip(parts, pieces, strict=True):
            frames = _column(piece, "frame", life)
            reached = np.maximum(np.maximum.accumulate(frames), file.last_frame)
            steps.append(np.diff(reached, prepend=file.last_frame))
            lags.append(reached - frames)  # of rows that stood later in the file than others of later times
            file.last_frame = int(reached[-1])
        order = np.argsort(times, kind="stable")
        merged = self._frames + np.cumsum(np.concatenate(steps)[order])
        self._frames = int(merged[-1])
        merged -= np.concatenate(lags)[order]
        if life is Life.COMPILED:
            rows: Any = np.concatenate(pieces)[order]
            rows["frame"] = merged
        else:
            every = [row for piece in pieces for row in piece]
            rows = [every[index] for index in order]
            for row, frame in zip(rows, merged.tolist(), strict=True):
                row.frame = frame
        return Block(rows, len(rows), life)


def _rows_until(file: _Open, time_ns: int, *, inclusive: bool) -> int:
    """Index behind the last row of a file's block that is earlier than `time_ns`, or equal where that is asked for."""
    return int(np.searchsorted(file.block.times(), time_ns, side="right" if inclusive else "left"))


def _column(piece: Any, name: str, life: Life) -> Any:
    if life is Life.COMPILED:
        return piece[name]
    return np.array([getattr(row, name) for row in piece], np.int64)
