"""The send buffer: bytes that wait to be sent, the records they came in, and how much memory they count for.

Bytes are kept in the pieces in which they were written and copied once, when a segment is cut.  Beside them stand *records*, Linux's
buffers of the write queue: a record grows until it holds a whole number of segments near `goal` bytes, a segment never crosses its end,
PSH stands at the end of a record that was pushed, and MSG_EOR forbids to join it with what follows.  Each record counts for its bytes
and OVERHEAD_BYTES (an empty buffer with its shared info, SKB_TRUESIZE), and a write stops where that sum reaches the size of the buffer.
"""

from __future__ import annotations

from collections import deque

OVERHEAD_BYTES = 1_280
LEAST_BUFFER_BYTES = 4_608
"""SOCK_MIN_SNDBUF: no buffer is smaller, whatever is asked for."""
_SMALL_BYTES, _PIECE_BYTES = 256, 4_096


class Record:
    """A run of unsent bytes that ends at `end`."""

    __slots__ = ("end", "eor", "push")

    def __init__(self, end: int) -> None:
        self.end = end
        self.push = False
        self.eor = False


class SendBuffer:
    """Unsent bytes from SND.NXT on."""

    __slots__ = ("_at", "_pieces", "records")

    def __init__(self) -> None:
        self._pieces: deque[bytes | bytearray | memoryview] = deque()
        self._at = 0
        self.records: deque[Record] = deque()

    def put(self, data: bytes | memoryview) -> None:
        """Adds bytes at the end; what may change later under its owner's hands is copied."""
        if len(data) < _SMALL_BYTES:
            last = self._pieces[-1] if self._pieces else None
            if isinstance(last, bytearray) and len(last) < _PIECE_BYTES:
                last += data
            else:
                self._pieces.append(bytearray(data))
        elif isinstance(data, bytes) or isinstance(data.obj, bytes):
            self._pieces.append(data)
        else:
            self._pieces.append(bytes(data))

    def take(self, count: int) -> bytes:
        """Removes so many bytes from the front."""
        pieces, at = self._pieces, self._at
        piece = pieces[0]
        stop = at + count
        if stop < len(piece):
            self._at = stop
            return bytes(piece[at:stop])
        if stop == len(piece):
            self._at = 0
            pieces.popleft()
            return bytes(piece[at:] if at else piece)
        taken = [memoryview(piece)[at:]]
        pieces.popleft()
        left = count - len(taken[0])
        while left and left >= len(pieces[0]):
            taken.append(memoryview(pieces.popleft()))
            left -= len(taken[-1])
        if left:
            taken.append(memoryview(pieces[0])[:left])
        self._at = left
        whole = b"".join(taken)
        taken.clear()  # a piece that is still written to must not be held by a view
        return whole
