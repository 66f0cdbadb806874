"""Where bytes come from: a window over a file, a pipe or a compressed stream, whatever its size.

A plain file is mapped and is one window.  Everything else comes in blocks: what a record needs stays, what has been read is dropped.
"""

from __future__ import annotations

import mmap
import os
import pathlib
import stat
import sys
from typing import Any, BinaryIO, Protocol

from estab.capture.decompress import ByteStream, decompressor
from estab.errors import InputError
from estab.text import Text, msg

STDIN = "-"
BLOCK_BYTES = 2 << 20
LARGEST_WINDOW_BYTES = 64 << 20


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

    def __init__(self, name: str, descriptor: int, size_bytes: int) -> None:
        self.name = name
        self.data: mmap.mmap | bytes = mmap.mmap(descriptor, size_bytes, access=mmap.ACCESS_READ)
        if hasattr(mmap, "MADV_SEQUENTIAL"):
            self.data.madvise(mmap.MADV_SEQUENTIAL)
        self.end = self.stored_bytes = size_bytes
        self.plain_bytes: int | None = size_bytes
        self.base = 0

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

    def __init__(self, name: str, stream: ByteStream, *, is_file: bool, first: bytes = b"") -> None:
        self.name, self.is_file = name, is_file
        self._stream = stream
        self._failure: Text | None = None
        self.data = first
        self.end = len(first)
        self.base = 0

    @property
    def stored_bytes(self) -> int:
        """Bytes taken from the file or pipe so far."""
        return self._stream.stored_bytes

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
    """The bytes of a file or pipe as they are, with some of them already taken."""

    damage: Text | None = None

    def __init__(self, file: BinaryIO, *, own: bool) -> None:
        self._file, self._own = file, own
        self._taken = b""
        self.stored_bytes = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, less only at the end; a pipe is waited for."""
        taken, self._taken = self._taken[:size], self._taken[size:]
        parts = [taken]
        missing = size - len(taken)
        while missing:
            part = self._file.read(missing)
            if not part:
                break
            self.stored_bytes += len(part)
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay to be read."""
        while len(self._taken) < size:
            part = self._file.read(size - len(self._taken))
            if not part:
                break
            self.stored_bytes += len(part)
            self._taken += part
        return self._taken[:size]

    def close(self) -> None:
        """Closes the file if it was opened here."""
        if self._own:
            self._file.close()


def open_source(path: str | os.PathLike[str], stdin: BinaryIO | None = None) -> Source:
    """Opens a capture; `-` is standard input.  Raises InputError with one line that says why not."""
    name = os.fspath(path)
    if name == STDIN:
        return _stream_source(name, stdin or sys.stdin.buffer, own=False, is_file=False)
    try:
        file = pathlib.Path(name).open("rb", buffering=0)  # noqa: SIM115 - the source closes it
    except OSError as problem:
        raise InputError(_reason(problem), path=name) from None
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        return _stream_source(name, file, own=True, is_file=False)
    if status.st_size == 0:
        file.close()
        raise InputError(str(msg("the file is empty")), path=name)
    head = file.read(8)
    file.seek(0)
    if decompressor(head) is not None:
        return _stream_source(name, file, own=True, is_file=True)
    with file:
        return MappedSource(name, file.fileno(), status.st_size)


def _stream_source(name: str, file: BinaryIO, *, own: bool, is_file: bool) -> StreamSource:
    try:
        plain = PlainStream(file, own=own)
        stream: ByteStream = plain
        unpack = decompressor(plain.peek(8))
        if unpack is not None:
            stream = unpack(plain)
        first = stream.read(BLOCK_BYTES)
    except OSError as problem:
        if own:
            file.close()
        raise InputError(_reason(problem), path=name) from None
    if not first and stream.damage is None:
        stream.close()
        raise InputError(str(msg("the input is empty")), path=name)
    return StreamSource(name, stream, is_file=is_file, first=first)


def _reason(problem: OSError) -> str:
    """One line about an error of the operating system, in English; fronts look it up in the catalogue of their reader."""
    if isinstance(problem, FileNotFoundError):
        return str(msg("no such file"))
    if isinstance(problem, IsADirectoryError):
        return str(msg("is a directory, not a capture"))
    if isinstance(problem, PermissionError):
        return str(msg("permission to read it is missing"))
    return problem.strerror or str(problem)
