"""Puts IP datagrams together from their fragments (RFC 791 §3.2, RFC 8200 §4.5).

What is bounded: datagrams in the making, bytes kept of each, fragments of each, and time (by the clock of the capture).  Where fragments
overlap, the bytes that came first stay.  A datagram need not be captured whole: what matters are its length and the beginning that
holds its headers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

TIMEOUT_NS = 30_000_000_000
"""As long as Linux waits (net.ipv4.ipfrag_time)."""
MOST_DATAGRAMS = 1024
MOST_FRAGMENTS = 256
MOST_KEPT_BYTES = 8_192
"""Of each datagram: room for headers however nested; the payload is not looked at."""
MOST_BYTES = 16 << 20
"""Of all datagrams in the making together."""

_EXTENSIONS = frozenset({0, 43, 60})
_FRAGMENT_HEADER = 44


@dataclass(frozen=True, slots=True)
class Fragment:
    """One fragment: which datagram, which part of it, and the header that the whole datagram will have."""

    key: bytes
    header: bytes
    """The IP header as it was, IPv6 with what stands before the fragment header."""
    following: int
    """Protocol of the payload."""
    offset: int
    length: int
    """Where the part lies, in bytes on the wire."""
    more: bool
    captured: bytes
    """What was captured of the part."""


@dataclass(slots=True)
class _Datagram:
    started_ns: int
    parts: list[Fragment] = field(default_factory=list)
    kept_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Whole:
    """A datagram put together: its bytes as far as captured and kept, and its length on the wire."""

    data: bytes
    original: int
    fragments: int


class Defragmenter:
    """Datagrams in the making."""

    def __init__(self) -> None:
        self._making: dict[bytes, _Datagram] = {}
        self._kept_bytes = 0

    def add(self, data: Any, at: int, end: int, wire_end: int, time_ns: int) -> Whole | None:
        """The fragment whose IP header stands at `at`; the whole datagram where this was the last part missing."""
        fragment = read_fragment(bytes(data[at : min(end, at + MOST_KEPT_BYTES + 256)]), wire_end - at)
        if fragment is None:
            return None
        datagram = self._making.get(fragment.key)
        if datagram is not None and abs(time_ns - datagram.started_ns) > TIMEOUT_NS:
            self._forget(fragment.key)
            datagram = None
        if datagram is None:
            while len(self._making) >= MOST_DATAGRAMS or (self._making and self._kept_bytes > MOST_BYTES):
                self._forget(next(iter(self._making)))
            datagram = self._making[fragment.key] = _Datagram(time_ns)
        if len(datagram.parts) >= MOST_FRAGMENTS:
            return None
        datagram.parts.append(fragment)
        datagram.kept_bytes += len(fragment.captured)
        self._kept_bytes += len(fragment.captured)
        whole = assemble(datagram.parts)
        if whole is not None:
            self._forget(fragment.key)
        return whole

    def _forget(self, key: bytes) -> None:
        """The oldest, one that is too old, or one that is whole."""
        self._kept_bytes -= self._making.pop(key).kept_bytes


def read_fragment(packet: bytes, wire_bytes: int) -> Fragment | None:
    """A fragment from its IP header on, or None where the header is not whole."""
    if len(packet) >= 20 and packet[0] >> 4 == 4:
        return _read_ipv4(packet, wire_bytes)
    if len(packet) >= 40 and packet[0] >> 4 == 6:
        return _read_ipv6(packet, wire_bytes)
    return None


def _read_ipv4(packet: bytes, wire_bytes: int) -> Fragment | None:
    header = (packet[0] & 15) * 4
    if len(packet) < header:
        return None
    identification, flags = struct.unpack_from(">HH", packet, 4)
    key = b"4" + packet[12:20] + packet[9:10] + struct.pack(">H", identification)
    return Fragment(
        key,
        packet[:header],
        packet[9],
        (flags & 0x1FFF) * 8,
        wire_bytes - header,
        bool(flags & 0x2000),
        _kept(packet[header:], (flags & 0x1FFF) * 8),
    )


def _read_ipv6(packet: bytes, wire_bytes: int) -> Fragment | None:
    following, place, named_at = packet[6], 40, 6
    while following in _EXTENSIONS:
        if place + 8 > len(packet):
            return None
        named_at, following, place = place, packet[place], place + 8 + packet[place + 1] * 8
    if following != _FRAGMENT_HEADER or place + 8 > len(packet):
        return None
    following, bits, identification = struct.unpack_from(">BxHI", packet, place)
    header = packet[:named_at] + bytes([following]) + packet[named_at + 1 : place]
    key = b"6" + packet[8:40] + struct.pack(">I", identification)
    payload = place + 8
    offset = bits & 0xFFF8
    return Fragment(key, header, following, offset, wire_bytes - payload, bool(bits & 1), _kept(packet[payload:], offset))


def _kept(payload: bytes, offset: int) -> bytes:
    """What is worth keeping of a part that begins at `offset`."""
    return payload[: max(0, MOST_KEPT_BYTES - offset)]


def assemble(parts: list[Fragment]) -> Whole | None:
    """The datagram of these parts in the order of their arrival, or None where one is missing."""
    lasts = [part for part in parts if not part.more]
    firsts = [part for part in parts if part.offset == 0]
    if not lasts or not firsts:
        return None
    length = lasts[0].offset + lasts[0].length
    reached = 0
    for part in sorted(parts, key=lambda part: part.offset):
        if part.offset > reached:
            return None
        reached = max(reached, part.offset + part.length)
    if reached < length or length + len(firsts[0].header) > 65_535:
        return None
    return Whole(_header(firsts[0], length) + _payload(parts, length), len(firsts[0].header) + length, len(parts))


def _header(first: Fragment, length: int) -> bytes:
    """The header of the whole datagram: the first fragment's, with another length and without a mark of fragments."""
    header = bytearray(first.header)
    if header[0] >> 4 == 4:
        struct.pack_into(">H", header, 2, len(header) + length)
        struct.pack_into(">H", header, 6, 0)
    else:
        struct.pack_into(">H", header, 4, len(header) - 40 + length)
    return bytes(header)


def _payload(parts: list[Fragment], length: int) -> bytes:
    """The bytes from the beginning up to the first that was not captured; of overlapping ones the first that came."""
    size = min(length, MOST_KEPT_BYTES)
    payload = bytearray(size)
    have = bytearray(size)
    for part in reversed(parts):  # what came earlier overwrites what came later
        captured = part.captured[: max(0, size - part.offset)]
        payload[part.offset : part.offset + len(captured)] = captured
        have[part.offset : part.offset + len(captured)] = b"\1" * len(captured)
    missing = have.find(0)
    return bytes(payload if missing < 0 else payload[:missing])
