"""Zeroed tables that grow where they lie, in both lives, their memory asked for ahead of time.

Memory that a program touches for the first time costs the system more than what is then written there: pages have to be found and
cleared.  A table that is copied into one twice its size pays for that three times over.  So a table of the compiled life grows by
moving page tables and no bytes, where the system can do that, and a thread touches the pages of the next rows while the present ones fill.
"""

from __future__ import annotations

import contextlib
import mmap
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.lives import Life, rows

HUGE_PAGE_BYTES = 2 << 20
SMALL_PAGE_BYTES = 4096
STEPS_AT_FIRST = 16
KEPT_BYTES = 30 << 20
"""Below the limit (DEFAULT_MMAP_THRESHOLD_MAX, 32 MiB) to which that library learns."""


class GrowingRows:
    """Rows of the interpreted life; `rows` has all of them, and `ready` may be used.  `more` doubles them."""

    def __init__(self, dtype: np.dtype[Any], step: int) -> None:
        self._dtype = dtype
        self.rows: Any = rows(dtype, step)

    @property
    def ready(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def more(self) -> None:
        """Makes more rows ready."""
        self.rows += rows(self._dtype, len(self.rows))

    def settle(self) -> None:
        """Nothing goes on behind the back of its owner."""

    def give_back(self, used: int) -> None:
        """There is nothing to give back."""


class GrowingTable:
    """Records of the compiled life; `rows` has all of them, of which the first `ready` may be used.

    `more` makes a step of rows ready.  Whoever keeps an array of the table, or of a part of it, keeps it as it was when the table
    grows: then the bytes are copied after all.
    """

    def __init__(self, dtype: np.dtype[Any], step: int) -> None:
        self._dtype, self._step = dtype, step
        self.ready = step
        self._memory = zeroed_memory(STEPS_AT_FIRST * step * dtype.itemsize)
        self._helper = ThreadPoolExecutor(1, "estab-memory")  # starting a thread for each step would wait for it to run
        self._touching: Future[None] | None = None
        self.rows: Any = self._as_records()

    def more(self) -> None:
        """Makes a step of rows ready, and has the step behind it touched meanwhile."""
        self.settle()
        self.ready += self._step
        if self.ready + self._step > len(self.rows):
            self._grow()
        self._touching = self._helper.submit(self._touch, self.ready, self.ready + self._step)

    def _touch(self, start: int, end: int) -> None:
        """Has the system find the pages of these rows. What it looks at is forgotten before it returns: see `_grow`."""
        self.rows[start:end].view(np.uint8)[::SMALL_PAGE_BYTES].fill(0)

    def settle(self) -> None:
        """Waits until no thread touches the table."""
        if self._touching is not None:
            self._touching.result()
            self._touching = None

    def give_back(self, used: int) -> None:
        """Settles, and gives the system the memory behind the used rows; it is zero, and found anew when it is needed after all."""
        self.settle()
        begin = -(-used * self._dtype.itemsize // HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES
        if hasattr(mmap, "MADV_DONTNEED") and begin < len(self._memory):
            with contextlib.suppress(OSError):
                self._memory.madvise(mmap.MADV_DONTNEED, begin)

    def _grow(self) -> None:
        """Twice the room."""
        size = 2 * len(self._memory)
        self.rows = None  # a region that somebody looks at is not moved
        if not _moved(self._memory, size):
            used = np.frombuffer(self._memory, np.uint8, self.ready * self._dtype.itemsize)
            self._memory = zeroed_memory(size)
            np.frombuffer(self._memory, np.uint8)[: len(used)] = used
        self.rows = self._as_records()

    def _as_records(self) -> npt.NDArray[Any]:
        return np.frombuffer(self._memory, self._dtype, len(self._memory) // self._dtype.itemsize)


Growing = GrowingRows | GrowingTable


def growing(life: Life, dtype: np.dtype[Any], step: int) -> Growing:
    """An empty table of this life."""
    return GrowingTable(dtype, step) if life is Life.COMPILED else GrowingRows(dtype, step)


def reserve(table: Growing, count: int) -> None:
    """Makes at least `count` rows ready."""
    while table.ready < count:
        table.more()


def keep_freed_memory() -> None:
    """Has the C library keep the memory of arrays that come and go, instead of asking the system for each anew.

    The GNU library gives back at once what is larger than the largest region that it has seen freed so far.
    """
    np.empty(KEPT_BYTES, np.uint8)


def give_back_freed_memory() -> None:
    """Has the C library give the system what it has kept, where it is one that does."""
    import ctypes

    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def zeroed_memory(size: int) -> mmap.mmap:
    """Zeroed memory of this process alone, in huge pages where the system has them; only whole ones are moved as they are."""
    size = -(-size // HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES
    if not hasattr(mmap, "MAP_ANONYMOUS"):
        return mmap.mmap(-1, size)
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):
            memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


def _moved(memory: mmap.mmap, size: int) -> bool:
    """Makes a region larger, wherever it then lies; False where somebody looks at it, or this system cannot."""
    if not hasattr(mmap, "MAP_ANONYMOUS"):
        return False
    try:
        memory.resize(size)
    except (BufferError, OSError, SystemError, ValueError):
        return False
    return True
