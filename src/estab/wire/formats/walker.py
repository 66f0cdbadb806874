"""What the formats have in common: a walker finds the records of a file in whatever part of it lies in memory.

Theory of operation.  A walker keeps a small row of state (`WALK`, or a longer one of its own) whose `position` is where the next record
begins in the window.  `walk` fills a table of RECORD and says in `stop` why it ended.  A stop is left as it is: called again, `walk`
finds no record and stops for the same reason, so that the caller may first use the records and then see to the stop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from estab.lives import Life, kernel
from estab.text import Text, msg

STOP_FULL = 0
"""The table is full."""
STOP_SHORT = 1
"""The window ends within a record."""
STOP_DAMAGE = 2
"""What stands at `position` cannot be a record."""
STOP_BLOCK = 3
"""A block that the kernel leaves to `Walker.read_block`."""

LARGEST_RECORD_BYTES = 262_144
"""More than any link carries, and the limit of libpcap and Wireshark; a file that states a larger snap length raises it."""
LARGEST_SNAP_BYTES = 16 << 20

COMMON_FIELDS = [
    ("position", "i8"),  # of the next record in the window
    ("stop", "i8"),
    ("frames", "i8"),  # number of the last record
    ("largest", "i8"),  # a captured length above this is damage
    ("untimed", "i8"),  # records without a time
]


class Walker:
    """Base of the walkers: one kernel, one row of state, in one of the lives."""

    state_dtype: np.dtype[Any]
    kernel: Callable[..., int]
    snap_bytes = 0
    """The snap length that the file states, 0 for none."""

    def __init__(self) -> None:
        self.life = Life.INTERPRETED
        self.state = self.life.row(self.state_dtype)
        self.state.largest = LARGEST_RECORD_BYTES

    def live(self, life: Life) -> None:
        """Goes on in another life."""
        if life is not self.life:
            self.life = life
            self.state = carried(self.state, self.state_dtype, life)

    def walk(self, data: Any, end: int, records: Any, capacity: int) -> int:
        """Fills `records` from `data` below `end`; gives their number."""
        return self.life.kernel(type(self).kernel)(data, end, self.state, records, capacity)

    def read_block(self, data: Any, end: int) -> bool:
        """Sees to a STOP_BLOCK; False where the block is not wholly in the window, or is damaged (then `stop` says so)."""
        del data, end
        raise AssertionError("this format leaves no blocks")

    def recover(self, data: Any, end: int) -> bool:
        """After STOP_DAMAGE: moves `position` to where reading can go on; False where it cannot."""
        del data, end
        return False

    def damage(self) -> Text:
        """What is wrong at `position` after STOP_DAMAGE: in formats of records one after the other, nothing says where the next begins."""
        return msg("a record with an impossible length; what follows cannot be read")


@kernel
def put_record(record: Any, frame: int, time_ns: int, offset: int, captured: int, original: int, link_type: int, interface: int) -> None:
    """Fills a row of RECORD."""
    record.time_ns = time_ns
    record.frame = frame
    record.offset = offset
    record.captured = captured
    record.original = original
    record.link_type = link_type
    record.interface = interface


def carried(row: Any, dtype: np.dtype[Any], life: Life) -> Any:
    """The same row in another life."""
    result = life.row(dtype)
    for name in dtype.names or ():
        setattr(result, name, int(getattr(row, name)))
    return result


def snap_limit(snap_bytes: int) -> int:
    """The largest captured length to believe in a file with this snap length."""
    return max(LARGEST_RECORD_BYTES, min(snap_bytes, LARGEST_SNAP_BYTES))
