"""gzip, zstd and lz4 as streams of bounded pieces.

A compressed file that is cut or damaged gives what can be read before that; `damage` then says what happened and where.  No call
gives more than it was asked for, so a few bytes that unpack to gigabytes cost time, never memory.
"""

from __future__ import annotations

import abc
import zlib
from collections.abc import Callable
from typing import Any, Protocol, cast

from estab.text import Text, msg

_INPUT_BYTES = 64 << 10
_ZSTD_INPUT_BYTES = 2 << 10
"""A block of zstd of 4 bytes may unpack to 128 KiB: so little input at a time keeps its output below 64 MiB."""

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_LZ4_MAGIC = b"\x04\x22\x4d\x18"


class ByteStream(Protocol):
    """Bytes to be read in order."""

    damage: Text | None

    @property
    def stored_bytes(self) -> int:
        """Bytes taken from the file or pipe so far."""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes: of a file fewer only at the end, of a pipe what has arrived; none at the end and after damage."""

    def would_wait(self) -> bool:
        """True where reading on has to wait for another program."""

    def close(self) -> None:
        """Gives back what is open."""


def decompressor(head: bytes) -> Callable[[ByteStream], ByteStream] | None:
    """What unpacks a stream that begins with these bytes, or None where it is not compressed."""
    if head.startswith(_GZIP_MAGIC):
        return GzipStream
    if head.startswith(_ZSTD_MAGIC):
        return ZstdStream
    if head.startswith(_LZ4_MAGIC):
        return Lz4Stream
    return None


class _Unpacked(abc.ABC):
    """Base: feeds a decompressor from a raw stream, member after member."""

    input_bytes = _INPUT_BYTES
    kind = ""

    def __init__(self, raw: ByteStream) -> None:
        self._raw = raw
        self._engine = self._start()
        self._input = b""
        self._ready = b""
        self._fresh = True  # no byte of the present member has been fed
        self._ended = False
        self.damage: Text | None = None

    @property
    def stored_bytes(self) -> int:
        """Compressed bytes taken so far."""
        return self._raw.stored_bytes

    def read(self, size: int) -> bytes:
        """Up to `size` bytes: of a file fewer only at the end, of a pipe what has arrived."""
        parts = [self._ready]
        length = len(self._ready)
        while length < size and not self._ended and not (length and self._starved()):
            part = self._step(size - length)
            parts.append(part)
            length += len(part)
        whole = b"".join(parts)
        self._ready = whole[size:]
        return whole[:size]

    def would_wait(self) -> bool:
        """True where all that has arrived is unpacked and given."""
        return not self._ready and self._starved()

    def _starved(self) -> bool:
        """True where the decompressor has to wait for another program."""
        return not self._input and self._raw.would_wait()

    def close(self) -> None:
        """Closes the stream below."""
        self._raw.close()

    def _step(self, size: int) -> bytes:
        """Some more bytes; none at the end of a member, or of everything (`_ended`)."""
        last = False
        if not self._input:
            self._input = self._raw.read(self.input_bytes)
            last = not self._input
        if last and self._fresh:
            self._ended = True
            return b""
        waiting = len(self._input)
        try:
            part, whole = self._feed(size)
        except self.errors() as problem:
            self._ended = True
            if not self._fresh:  # else: what follows the last member is no member, but padding
                self.damage = msg("damaged {kind} data ({why})", kind=self.kind, why=str(problem))
            return b""
        if whole:
            self._engine = self._start()
            self._fresh = True
        elif part or len(self._input) < waiting:
            self._fresh = False
        else:  # nothing goes in, nothing comes out
            self._ended = True
            self.damage = msg("the {kind} data end too early", kind=self.kind)
        return part

    @abc.abstractmethod
    def _start(self) -> Any:
        """A decompressor for one member."""

    @abc.abstractmethod
    def _feed(self, size: int) -> tuple[bytes, bool]:
        """Unpacks from `_input` and keeps the rest there; the bytes, and whether the member is whole."""

    @abc.abstractmethod
    def errors(self) -> tuple[type[Exception], ...]:
        """What the decompressor raises on damaged bytes."""


class GzipStream(_Unpacked):
    """gzip (RFC 1952), one member or several."""

    kind = "gzip"

    def _start(self) -> Any:
        from isal import isal_zlib

        return isal_zlib.decompressobj(wbits=31)

    def _feed(self, size: int) -> tuple[bytes, bool]:
        part: bytes = self._engine.decompress(self._input, size)
        whole: bool = self._engine.eof
        self._input = self._engine.unused_data if whole else self._engine.unconsumed_tail
        return part, whole

    def errors(self) -> tuple[type[Exception], ...]:
        """What the decompressor raises on damaged bytes."""
        from isal import isal_zlib

        return cast("tuple[type[Exception], ...]", (isal_zlib.error, zlib.error))


class ZstdStream(_Unpacked):
    """Zstandard (RFC 8878), one frame or several."""

    kind = "zstd"
    input_bytes = _ZSTD_INPUT_BYTES

    def _start(self) -> Any:
        import zstandard

        return zstandard.ZstdDecompressor().decompressobj()

    def _feed(self, size: int) -> tuple[bytes, bool]:
        del size  # bounded by the size of the input
        part: bytes = self._engine.decompress(self._input)
        whole: bool = self._engine.eof
        self._input = self._engine.unused_data if whole else b""
        return part, whole

    def errors(self) -> tuple[type[Exception], ...]:
        """What the decompressor raises on damaged bytes."""
        import zstandard

        return (zstandard.ZstdError,)


class Lz4Stream(_Unpacked):
    """LZ4 frames, one or several."""

    kind = "lz4"

    def _start(self) -> Any:
        import lz4.frame

        return lz4.frame.create_decompression_context()

    def _feed(self, size: int) -> tuple[bytes, bool]:
        import lz4.frame

        part, taken, whole = lz4.frame.decompress_chunk(self._engine, self._input, max_length=size)
        self._input = self._input[taken:]
        return part, whole

    def errors(self) -> tuple[type[Exception], ...]:
        """What the decompressor raises on damaged bytes."""
        return (RuntimeError,)
