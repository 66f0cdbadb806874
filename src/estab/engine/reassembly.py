"""Bytes that came before their turn, in memory that cannot grow beyond a bound whatever a peer sends.

Ranges of positions are kept disjoint and sorted.  What has been taken stays as it is: of a segment that overlaps it only the new parts are
kept, so that no later copy can change what was acknowledged by SACK.  Each range costs its bytes and a fixed overhead; when
the bound is reached the highest ranges go first (as tcp_prune_ofo_queue does), or the new segment is refused.
"""

from __future__ import annotations

from bisect import bisect_right

RANGE_OVERHEAD_BYTES = 512
"""What a range may cost beside its bytes: list entries, integers and the object of bytes."""


class Reassembly:
    """Ranges that wait for the bytes before them."""

    __slots__ = ("_data", "_ends", "_starts", "stored_bytes")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._data: list[bytes | bytearray] = []
        self.stored_bytes = 0

    @property
    def cost_bytes(self) -> int:
        """What the ranges are counted for, overhead included."""
        return self.stored_bytes + RANGE_OVERHEAD_BYTES * len(self._starts)

    def __len__(self) -> int:
        return len(self._starts)

    def ranges(self) -> list[tuple[int, int]]:
        """The ranges from the lowest: first position, and the one behind the last."""
        return list(zip(self._starts, self._ends, strict=True))

    def range_at(self, position: int) -> tuple[int, int] | None:
        """The range that holds this position."""
        index = bisect_right(self._starts, position) - 1
        if index >= 0 and position < self._ends[index]:
            return self._starts[index], self._ends[index]
        return None

    def add(self, start: int, data: bytes, bound_bytes: int) -> tuple[int, int] | None:
        """Keep what is new of `data`; gives the first range of it that was here already (for D-SACK), or None.

        `bound_bytes` bounds `cost_bytes` afterwards; what does not fit is dropped from the high end.
        """
        end = start + len(data)
        index = bisect_right(self._starts, start)
        if index and self._ends[index - 1] >= start:
            index -= 1
        first = index
        pieces: list[bytes | bytearray] = []
        repeated: tuple[int, int] | None = None
        at = start
        while index < len(self._starts) and self._starts[index] <= end:
            left, right = self._starts[index], self._ends[index]
            if repeated is None and max(left, start) < min(right, end):
                repeated = (max(left, start), min(right, end))
            if at < left:
                pieces.append(data[at - start : left - start])
            pieces.append(self._data[index])
            at = max(at, right)
            index += 1
        if at < end:
            pieces.append(data[at - start :] if at > start else data)
        self._replace(first, index, min(start, self._starts[first]) if index > first else start, pieces)
        if self.cost_bytes > bound_bytes:
            self._prune(bound_bytes)
        return repeated

    def _replace(self, first: int, last: int, start: int, pieces: list[bytes | bytearray]) -> None:
        before = sum(len(data) for data in self._data[first:last])
        if len(pieces) == 1:
            merged: bytes | bytearray = pieces[0]
        elif isinstance(pieces[0], bytearray):
            merged = pieces[0]
            for piece in pieces[1:]:
                merged += piece
        else:
            merged = bytearray().join(pieces)
        self._starts[first:last] = [start]
        self._ends[first:last] = [start + len(merged)]
        self._data[first:last] = [merged]
        self.stored_bytes += len(merged) - before

    def _prune(self, bound_bytes: int) -> None:
        while self._starts and self.cost_bytes > bound_bytes:
            excess = self.cost_bytes - bound_bytes
            if len(self._data[-1]) > excess:
                kept = self._data[-1][: len(self._data[-1]) - excess]
                self.stored_bytes -= excess
                self._data[-1], self._ends[-1] = kept, self._starts[-1] + len(kept)
                return
            self.stored_bytes -= len(self._data.pop())
            self._starts.pop()
            self._ends.pop()

    def take(self, position: int) -> bytes | bytearray:
        """The bytes that have come to their turn at `position`: nothing waits before it any more; empty where the next range lies
        beyond."""
        taken: bytes | bytearray = b""
        while self._starts and self._starts[0] <= position:
            start, end, data = self._starts.pop(0), self._ends.pop(0), self._data.pop(0)
            self.stored_bytes -= len(data)
            if end > position:
                assert not taken, "ranges are disjoint and do not touch"
                taken = data[position - start :] if position > start else data
        return taken
