"""Writing pcapng (draft-ietf-opsawg-pcapng): one section, interfaces with nanosecond time stamps, packets with comments.

Blocks are little-endian whatever the machine is, so that the same packets give the same bytes everywhere.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from estab.wire.formats.pcapng import ENHANCED_PACKET, INTERFACE_DESCRIPTION, SECTION_HEADER

LINKTYPE_RAW = 101
"""Packets begin with the IP header; the version says which."""

_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_OPTION_END, _OPTION_COMMENT = 0, 1
_OPTION_NAME, _OPTION_DESCRIPTION, _OPTION_RESOLUTION = 2, 3, 9
_OPTION_APPLICATION = 4
_NANOSECONDS = 9
_ENHANCED, _LENGTH = struct.Struct("<IIIIIII"), struct.Struct("<I")
LONGEST_OPTION_BYTES = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """Where packets were seen."""

    name: str
    description: str = ""
    link_type: int = LINKTYPE_RAW
    snap_bytes: int = 0
    """0: packets are whole."""


@dataclass(frozen=True, slots=True)
class PacketRecord:
    """One packet: when (nanoseconds since the epoch), at which interface (its number), its bytes, and remarks."""

    time_ns: int
    interface: int
    data: bytes
    comments: tuple[str, ...] = ()


def section_header(*, application: str = "", comment: str = "") -> bytes:
    """The first block of a file."""
    options = _options([(_OPTION_COMMENT, comment), (_OPTION_APPLICATION, application)])
    return _block(SECTION_HEADER, struct.pack("<IHHq", _BYTE_ORDER_MAGIC, 1, 0, -1) + options)


def interface_description(interface: Interface) -> bytes:
    """The block of one interface; interfaces are numbered from 0 in the order of their blocks."""
    options = _option(_OPTION_NAME, interface.name.encode())
    if interface.description:
        options += _option(_OPTION_DESCRIPTION, interface.description.encode())
    options += _option(_OPTION_RESOLUTION, bytes([_NANOSECONDS])) + struct.pack("<HH", _OPTION_END, 0)
    return _block(INTERFACE_DESCRIPTION, struct.pack("<HHI", interface.link_type, 0, interface.snap_bytes) + options)


def enhanced_packet(record: PacketRecord) -> bytes:
    """The block of one packet."""
    options = _options([(_OPTION_COMMENT, comment) for comment in record.comments]) if record.comments else b""
    return packet_block(record.interface, record.time_ns, record.data, len(record.data), options)


def packet_block(interface: int, time_ns: int, data: bytes, length_bytes: int, options: bytes = b"") -> bytes:
    """The block of a packet of which `data` was kept, of so many bytes in all."""
    size = _ENHANCED.size + len(data) + -len(data) % 4 + len(options) + 4
    head = _ENHANCED.pack(ENHANCED_PACKET, size, interface, time_ns >> 32, time_ns & 0xFFFFFFFF, len(data), length_bytes)
    return head + _padded(data) + options + _LENGTH.pack(size)


def write_pcapng(interfaces: Iterable[Interface], records: Iterable[PacketRecord], *, application: str = "", comment: str = "") -> bytes:
    """A whole file."""
    parts = [section_header(application=application, comment=comment)]
    parts += map(interface_description, interfaces)
    parts += map(enhanced_packet, records)
    return b"".join(parts)


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def _options(texts: list[tuple[int, str]]) -> bytes:
    """Options of text, without the empty ones; nothing where none is left."""
    written = b"".join(_option(code, text.encode()) for code, text in texts if text)
    return written + struct.pack("<HH", _OPTION_END, 0) if written else b""


def _option(code: int, value: bytes) -> bytes:
    value = value[:LONGEST_OPTION_BYTES]
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
