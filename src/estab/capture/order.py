"""Rows in time order, whatever the order of the file.

Theory of operation.  `track` wants times that never decrease.  A capture from several queues is slightly out of order: rows late by no
more than `LATE_NS` are put where they belong, stably.  A larger step back is a step of the clock: the order of the file stays, and
times are raised by an offset so that they go on from the highest so far.  The offset ends where the raw time comes within `LATE_NS`
of the corrected one, because the clock stepped forward again or a pause was long enough.

Memory is bounded: with W = `WINDOW_ROWS`, a row of the k-th group of W rows may not go before any row of group k-2 or earlier; one
that would is raised to the highest time of those.  So whatever lies two groups back is final, and the result depends neither on the
sizes of blocks nor on the life.  Times of a block in order, which is nearly every block, are not even looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from estab.instant import format_duration
from estab.lives import Life, kernel, rows_to_table
from estab.text import Text, msg
from estab.wire.columns import PACKET
from estab.wire.formats.walker import carried

LATE_NS = 1_000_000_000
WINDOW_ROWS = 16_384
LATEST_NS = 9_200_000_000_000_000_000
"""Corrected times end here, below 2^63 (the year 2261): a file of absurd times that step back again and again would go on."""
MOST_STEPS = 8
"""Steps of the clock that are noted one by one."""

CLOCK: np.dtype[Any] = np.dtype(
    [
        ("rows", "i8"),  # so far
        ("highest_ns", "i8"),  # of all rows so far, corrected
        ("window_ns", "i8"),  # of all rows before the present group
        ("floor_ns", "i8"),  # of all rows before the group before it
        ("offset_ns", "i8"),  # added to raw times since the last step back
        ("steps", "i8"),
        ("late", "i8"),  # rows that were out of order within LATE_NS
    ]
)


@kernel
def correct_times(rows: Any, count: int, clock: Any, steps: Any) -> None:
    """Corrects the times of rows in the order of the file; `steps` gets frame and size of the first steps back, in pairs."""
    highest_ns = clock.highest_ns
    offset_ns = clock.offset_ns
    number = clock.rows
    for index in range(count):
        if number % WINDOW_ROWS == 0:
            clock.floor_ns = clock.window_ns
            clock.window_ns = highest_ns
        number += 1
        row = rows[index]
        raw_ns = row.time_ns
        if offset_ns and raw_ns >= highest_ns - LATE_NS:
            offset_ns = 0
        time_ns = raw_ns + min(offset_ns, LATEST_NS - raw_ns)
        if time_ns < highest_ns - LATE_NS:
            if clock.steps < MOST_STEPS:
                steps[2 * clock.steps] = row.frame
                steps[2 * clock.steps + 1] = highest_ns - time_ns
            clock.steps += 1
            offset_ns = highest_ns - raw_ns
            time_ns = highest_ns
        elif time_ns < highest_ns:
            clock.late += 1
            time_ns = max(time_ns, clock.floor_ns)
        else:
            highest_ns = time_ns
        row.time_ns = time_ns
    clock.highest_ns = highest_ns
    clock.offset_ns = offset_ns
    clock.rows = number


@dataclass(slots=True)
class Block:
    """Some rows of one life; `count` of them are valid."""

    rows: Any
    count: int
    life: Life

    def times(self) -> Any:
        """Times of the valid rows, in order."""
        if self.life is Life.COMPILED:
            return self.rows["time_ns"][: self.count]
        return [row.time_ns for row in self.rows[: self.count]]

    def time_ns(self, index: int) -> int:
        """Time of one row."""
        return int(self.rows["time_ns"][index]) if self.life is Life.COMPILED else int(self.rows[index].time_ns)

    def last_ns(self) -> int:
        """Time of the last row."""
        return self.time_ns(self.count - 1)

    def live(self, life: Life) -> Block:
        """The block in the compiled life, if that is asked for and it is not yet."""
        if life is self.life or life is Life.INTERPRETED:
            return self
        return Block(rows_to_table(self.rows[: self.count], PACKET), self.count, Life.COMPILED)


class TimeOrder:
    """Takes the blocks of one file in the order of the file and gives them back in time order, some blocks later."""

    def __init__(self, name: Text | str) -> None:
        self.name = name
        self._clock = Life.INTERPRETED.row(CLOCK)
        self._steps = [0] * (2 * MOST_STEPS)
        self._held: list[Block] = []

    def push(self, block: Block, *, backward: bool) -> list[Block]:
        """Takes a block; gives the blocks that are final.  `backward`: a time within it lies before an earlier one of it."""
        if block.count:
            clock = self._clock
            if backward or clock.offset_ns or block.time_ns(0) < clock.highest_ns:
                self._correct(block)
                self._sort_in(block)
            else:
                self._count_in(block)
                self._held.append(block)
        return self._release()

    def flush(self) -> list[Block]:
        """The rest, at the end of the file."""
        held, self._held = self._held, []
        return held

    def notes(self) -> list[Text]:
        """What was odd about the clock."""
        lines = [
            msg(
                "{file}: the clock stepped back by {duration} at frame {frame}",
                file=self.name,
                frame=frame,
                duration=format_duration(step_ns),
            )
            for frame, step_ns in zip(self._steps[::2], self._steps[1::2], strict=True)
            if frame
        ]
        if self._clock.steps > MOST_STEPS:
            lines.append(msg("{file}: the clock stepped back {count} times", file=self.name, count=self._clock.steps))
        return lines

    def _count_in(self, block: Block) -> None:
        """Keeps the clock's account of a block that is in order."""
        clock = self._clock
        first, end = clock.rows, clock.rows + block.count
        for boundary in sorted({(end - 1) // WINDOW_ROWS - 1, (end - 1) // WINDOW_ROWS}):
            ordinal = boundary * WINDOW_ROWS  # the group that begins here
            if ordinal >= first:
                clock.floor_ns = clock.window_ns
                clock.window_ns = block.time_ns(ordinal - first - 1) if ordinal > first else clock.highest_ns
        clock.rows = end
        clock.highest_ns = block.time_ns(block.count - 1)

    def _correct(self, block: Block) -> None:
        if block.life is Life.INTERPRETED:
            correct_times(block.rows, block.count, self._clock, self._steps)
            return
        clock, steps = carried(self._clock, CLOCK, Life.COMPILED), np.array(self._steps, np.int64)
        Life.COMPILED.kernel(correct_times)(block.rows, block.count, clock, steps)
        self._clock = carried(clock, CLOCK, Life.INTERPRETED)
        self._steps = [int(value) for value in steps]

    def _sort_in(self, block: Block) -> None:
        """Sorts a block together with the held ones that it may reach into."""
        self._held = [held.live(block.life) for held in self._held]
        self._held.append(block)
        times = np.asarray(block.times())
        lowest_ns = int(times.min())
        reached = len(self._held) - 1
        while reached and self._held[reached - 1].last_ns() > lowest_ns:
            reached -= 1
        if reached < len(self._held) - 1 or bool((times[1:] < times[:-1]).any()):
            sort_blocks(self._held[reached:])

    def _release(self) -> list[Block]:
        """Blocks whose last row is no later than what any row to come can reach."""
        clock = self._clock
        floor_ns = clock.window_ns if clock.rows % WINDOW_ROWS == 0 else clock.floor_ns
        final_ns = max(floor_ns, clock.highest_ns - LATE_NS)
        final = 0
        while final < len(self._held) and self._held[final].last_ns() <= final_ns:
            final += 1
        done, self._held = self._held[:final], self._held[final:]
        return done


def sort_blocks(blocks: list[Block]) -> None:
    """Puts the rows of these blocks in time order, stably, each block keeping its size and its table."""
    if blocks[0].life is Life.COMPILED:
        whole = np.concatenate([block.rows[: block.count] for block in blocks])
        ordered: Any = whole[np.argsort(whole["time_ns"], kind="stable")]
    else:
        ordered = sorted((row for block in blocks for row in block.rows[: block.count]), key=lambda row: row.time_ns)
    start = 0
    for block in blocks:
        block.rows[: block.count] = ordered[start : start + block.count]
        start += block.count
