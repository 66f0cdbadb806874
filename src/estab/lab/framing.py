"""Messages on a stream of bytes: four ways to tell where one ends, because TCP does not.

`send()` and `recv()` know no messages: two may arrive as one piece, one as two.  A framing has `pack`, which makes bytes of a message, and
`reader()`, which gets pieces as they arrive and gives the messages that are complete.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from estab.lab.sockets import Conn


class FramingError(ValueError):
    """A message that cannot be packed, or bytes that are no message."""


class Framing(Protocol):
    """How messages are told apart."""

    def pack(self, message: bytes) -> bytes:
        """The bytes of a message."""

    def take(self, buffered: bytearray) -> bytes | None:
        """Removes the first message from what has arrived; None where it is not complete."""


@dataclass(frozen=True, slots=True)
class FixedLength:
    """Every message has the same length; shorter ones are padded with `filler`."""

    length: int
    filler: bytes = b"\0"

    def pack(self, message: bytes) -> bytes:
        """The bytes of a message."""
        if len(message) > self.length:
            raise FramingError(f"a message has at most {self.length} bytes, not {len(message)}")
        return message.ljust(self.length, self.filler)

    def take(self, buffered: bytearray) -> bytes | None:
        """The first message, with its padding."""
        return _cut(buffered, 0, self.length) if len(buffered) >= self.length else None


@dataclass(frozen=True, slots=True)
class Delimiter:
    """A message ends with `end`, which it must not hold; one longer than `longest` is an error, or memory would have no bound."""

    end: bytes = b"\n"
    longest: int = 65_536

    def pack(self, message: bytes) -> bytes:
        """The bytes of a message."""
        if self.end in message:
            raise FramingError(f"a message must not hold {self.end!r}")
        return message + self.end

    def take(self, buffered: bytearray) -> bytes | None:
        """The first message, without its end."""
        place = buffered.find(self.end)
        if place < 0:
            if len(buffered) > self.longest:
                raise FramingError(f"no end of a message within {self.longest} bytes")
            return None
        message = bytes(buffered[:place])
        del buffered[: place + len(self.end)]
        return message


@dataclass(frozen=True, slots=True)
class LengthPrefix:
    """Four bytes of length, most significant first, then the message; a length above `longest` is an error and not believed."""

    longest: int = 1 << 24

    def pack(self, message: bytes) -> bytes:
        """The bytes of a message."""
        if len(message) > self.longest:
            raise FramingError(f"a message has at most {self.longest} bytes, not {len(message)}")
        return struct.pack(">I", len(message)) + message

    def take(self, buffered: bytearray) -> bytes | None:
        """The first message."""
        if len(buffered) < 4:
            return None
        (length,) = struct.unpack_from(">I", buffered)
        if length > self.longest:
            raise FramingError(f"a length of {length} bytes is not believed")
        return _cut(buffered, 4, length) if len(buffered) >= 4 + length else None


@dataclass(frozen=True, slots=True)
class TypeLengthValue:
    """One byte of type, two of length, then the value; the message given is type and value (`bytes([type]) + value`)."""

    def pack(self, message: bytes) -> bytes:
        """The bytes of a message."""
        if not message or len(message) - 1 > 0xFFFF:
            raise FramingError("a message is one byte of type and at most 65535 of value")
        return message[:1] + struct.pack(">H", len(message) - 1) + message[1:]

    def take(self, buffered: bytearray) -> bytes | None:
        """The first message, type and value; who does not know a type can skip it."""
        if len(buffered) < 3:
            return None
        (length,) = struct.unpack_from(">H", buffered, 1)
        if len(buffered) < 3 + length:
            return None
        return bytes(buffered[:1]) + _cut(buffered, 3, length)


def _cut(buffered: bytearray, start: int, length: int) -> bytes:
    message = bytes(buffered[start : start + length])
    del buffered[: start + length]
    return message


@dataclass(slots=True)
class MessageReader:
    """Puts pieces together and gives whole messages."""

    framing: Framing
    buffered: bytearray = field(default_factory=bytearray)

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The messages that are complete with this piece."""
        self.buffered += piece
        while (message := self.framing.take(self.buffered)) is not None:
            yield message


class MessageStream:
    """Messages over a connection of the lab."""

    def __init__(self, conn: Conn, framing: Framing) -> None:
        self.conn, self.framing = conn, framing
        self._reader = MessageReader(framing)
        self._ready: list[bytes] = []

    async def send(self, message: bytes) -> None:
        """Sends one message."""
        await self.conn.send_all(self.framing.pack(message))

    async def receive(self) -> bytes | None:
        """The next message, None at the end of the stream."""
        while not self._ready:
            piece = await self.conn.recv()
            if not piece:
                return None
            self._ready += self._reader.feed(piece)
        return self._ready.pop(0)
