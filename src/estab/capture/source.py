"""Where bytes come from: a window over a file, a pipe or a compressed stream, whatever its size.

A plain file is mapped and is one window.  Everything else comes in blocks: what a record needs stays, what has been read is dropped.
"""

from __future__ import annotations

import mmap
import os
import pathlib
import select
import stat
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol

from estab.capture.decompress import ByteStream, decompressor
from estab.capture.stop import StopSign
from estab.errors import InputError
from estab.text import Text, msg

STDIN = "-"
BLOCK_BYTES = 2 << 20
LARGEST_WINDOW_BYTES = 64 << 20
HEADER_BYTES = 24
"""Enough to tell the formats apart: the file header of pcap, the longest one that counts.  A pipe may hold no more for a while."""
LAST_BYTES_S = 0.3
MOST_LAST_BYTES = 1 << 20
"""How long after Ctrl-C the program at the other end of a pipe may take to write what it still holds, and how much that may be."""


class Source(Protocol):
    """A window (`data`, its first `end` bytes) whose first byte has the offset `base` in the stream."""

    name: str
    data: Any
    end: int
    base: int
    plain_bytes: int | None
    """Size of the whole stream where it is known beforehand."""
    is_file: bool
    """False where reading may wait for another program."""

    @property
    def stopped(self) -> bool:
        """True where Ctrl-C may have ended the stream of another program."""

    def would_wait(self) -> bool:
        """True where reading on has to wait for another program."""

    @property
    def stored_bytes(self) -> int:
        """Size of the file, or what came through a pipe so far."""

    def advance(self, position: int) -> bool:
        """Drops what lies before `position`, which becomes 0, and reads more; False (and nothing dropped) at the end."""

    def damage(self) -> Text | None:
        """What went wrong below the level of records, with its offset."""

    def close(self) -> None:
        """Gives back what is open."""


class MappedSource:
    """A plain file, mapped."""

    is_file = True
    stopped = False

    def __init__(self, name: str, descriptor: int, size_bytes: int) -> None:
        self.name = name
        self.data: mmap.mmap | bytes = mmap.mmap(descriptor, size_bytes, access=mmap.ACCESS_READ)
        if hasattr(mmap, "MADV_SEQUENTIAL"):
            self.data.madvise(mmap.MADV_SEQUENTIAL)
        self.end = self.stored_bytes = size_bytes
        self.plain_bytes: int | None = size_bytes
        self.base = 0

    def would_wait(self) -> bool:
        """A file is all there."""
        return False

    def advance(self, position: int) -> bool:
        """There is nothing beyond the map."""
        del position
        return False

    def damage(self) -> Text | None:
        """A map has no level below that of records."""
        return None

    def close(self) -> None:
        """Lets the map go; it ends with the last array that looks into it."""
        self.data, self.end = b"", 0


class StreamSource:
    """Bytes that come one after the other: a pipe, or a decompressor."""

    plain_bytes: int | None = None

    def __init__(self, name: str, stream: ByteStream, *, is_file: bool, first: bytes = b"", stop: StopSign | None = None) -> None:
        self.name, self.is_file = name, is_file
        self._stream = stream
        self._stop = stop
        self._failure: Text | None = None
        self.data = first
        self.end = len(first)
        self.base = 0

    @property
    def stored_bytes(self) -> int:
        """Bytes taken from the file or pipe so far."""
        return self._stream.stored_bytes

    @property
    def stopped(self) -> bool:
        """True where Ctrl-C may have ended the stream of another program."""
        return not self.is_file and self._stop is not None and self._stop.asked

    def would_wait(self) -> bool:
        """True where reading on has to wait for another program."""
        return self._stream.would_wait()

    def advance(self, position: int) -> bool:
        """Drops what lies before `position` and reads on; a record larger than the window makes it grow, within a bound."""
        rest = self.end - position
        if rest >= LARGEST_WINDOW_BYTES:
            return False
        try:
            more = self._stream.read(max(BLOCK_BYTES, rest))
        except OSError as problem:
            self._failure = msg("reading failed ({why})", why=_reason(problem))
            return False
        if not more:
            return False
        self.base += position
        self.data = self.data[position:] + more
        self.end = len(self.data)
        return True

    def damage(self) -> Text | None:
        """What the decompressor found, or the error that ended reading."""
        return self._failure or self._stream.damage

    def close(self) -> None:
        """Closes the stream."""
        self._stream.close()
        self.data, self.end = b"", 0


class PlainStream:
    """The bytes of a file as they are; those of a pipe as they arrive, until it ends or Ctrl-C ends it."""

    damage: Text | None = None

    def __init__(self, file: BinaryIO, *, own: bool, is_file: bool, stop: StopSign | None = None) -> None:
        # Below any buffer of the file object: only so does `select` tell whether a read would wait.
        file = getattr(file, "raw", file)
        self._file, self._own, self._is_file, self._stop = file, own, is_file, stop
        self._read_once: Callable[[int], bytes | None] = getattr(file, "read1", file.read)
        self._taken = b""
        self._last_bytes = MOST_LAST_BYTES
        self.stored_bytes = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes: of a file fewer only at the end, of a pipe what has arrived; nothing at the end."""
        parts = [self._taken[:size]]
        self._taken = self._taken[size:]
        missing = size - len(parts[0])
        while missing and (self._is_file or missing == size):
            part = self._next(missing)
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay to be read."""
        while len(self._taken) < size:
            part = self._next(size - len(self._taken))
            if not part:
                break
            self._taken += part
        return self._taken[:size]

    def would_wait(self) -> bool:
        """True where nothing more has arrived yet."""
        return not self._is_file and not self._taken and not _arrives(self._file, 0)

    def close(self) -> None:
        """Closes the file if it was opened here."""
        if self._own:
            self._file.close()

    def _next(self, size: int) -> bytes:
        """Some bytes, after waiting for them; none at the end."""
        part = self._read_once(size) if self._is_file or self._stop is None else self._next_unless_stopped(size, self._stop)
        got = part or b""
        self.stored_bytes += len(got)
        return got

    def _next_unless_stopped(self, size: int, stop: StopSign) -> bytes | None:
        """As `_next`.  After Ctrl-C only what still comes: the program at the other end got it too and writes its last bytes.

        Only the waiting may be cut short: a read that Ctrl-C ended after the kernel had handed over the bytes would lose them.
        """
        if not stop.asked:
            try:
                with stop.at_once():
                    _arrives(self._file, None)
                return self._read_once(size)
            except KeyboardInterrupt:
                if not stop.asked:
                    raise
        if self._last_bytes <= 0 or not _arrives(self._file, LAST_BYTES_S):
            return b""
        part = self._read_once(min(size, self._last_bytes))
        self._last_bytes -= len(part or b"")
        return part


def _arrives(file: BinaryIO, within_s: float | None) -> bool:
    """True where a read would not wait, or will not within that time (None: however long it takes); also where the file cannot say."""
    try:
        return bool(select.select([file.fileno()], [], [], within_s)[0])
    except (OSError, ValueError):
        return True


def open_source(path: str | os.PathLike[str], stdin: BinaryIO | None = None, stop: StopSign | None = None) -> Source:
    """Opens a capture; `-` is standard input.  Raises InputError with one line that says why not."""
    name = os.fspath(path)
    if name == STDIN:
        return _stream_source(name, stdin or sys.stdin.buffer, own=False, is_file=False, stop=stop)
    try:
        file = pathlib.Path(name).open("rb", buffering=0)  # noqa: SIM115 - the source closes it
    except OSError as problem:
        raise InputError(_reason(problem), path=name) from None
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        return _stream_source(name, file, own=True, is_file=False, stop=stop)
    if status.st_size == 0:
        file.close()
        raise InputError(msg("the file is empty"), path=name)
    head = file.read(8)
    file.seek(0)
    if decompressor(head) is not None:
        return _stream_source(name, file, own=True, is_file=True, stop=stop)
    with file:
        return MappedSource(name, file.fileno(), status.st_size)


def _stream_source(name: str, file: BinaryIO, *, own: bool, is_file: bool, stop: StopSign | None) -> StreamSource:
    try:
        plain = PlainStream(file, own=own, is_file=is_file, stop=stop)
        stream: ByteStream = plain
        unpack = decompressor(plain.peek(8))
        if unpack is not None:
            stream = unpack(plain)
        first = _beginning(stream)
    except OSError as problem:
        if own:
            file.close()
        raise InputError(_reason(problem), path=name) from None
    if not first and stream.damage is None:
        stream.close()
        raise InputError(msg("the input is empty"), path=name)
    return StreamSource(name, stream, is_file=is_file, first=first, stop=stop)


def said_name(name: str) -> Text | str:
    """A source's name as people know it."""
    return msg("standard input") if name == STDIN else name


def _beginning(stream: ByteStream) -> bytes:
    """The first bytes, enough to recognise the format by them, and what has arrived besides."""
    first = b""
    while len(first) < HEADER_BYTES:
        more = stream.read(BLOCK_BYTES - len(first))
        if not more:
            break
        first += more
    return first


def _reason(problem: OSError) -> Text | str:
    """One line about an error of the operating system."""
    if isinstance(problem, FileNotFoundError):
        return msg("no such file")
    if isinstance(problem, IsADirectoryError):
        return msg("is a directory, not a capture")
    if isinstance(problem, PermissionError):
        return msg("permission to read it is missing")
    return problem.strerror or str(problem)
