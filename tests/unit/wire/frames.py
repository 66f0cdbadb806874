"""Builders of frames and of capture files, and the shortest way from bytes to rows, for the tests of `wire` and `capture`."""

from __future__ import annotations

import ipaddress
import struct
import types
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pytest

from estab.lives import Life
from estab.wire.columns import PACKET
from estab.wire.dissect import dissect_records
from estab.wire.records import NO_TIME_YET, PROGRESS, RECORD, SKIPPED

both_lives = pytest.mark.parametrize("life", list(Life), ids=lambda life: life.value)

CLIENT, SERVER = "10.0.0.1", "10.0.0.2"
CLIENT6, SERVER6 = "2001:db8::1", "2001:db8::2"
SYN, ACK, PSH = 2, 16, 8


def tcp(
    payload: bytes = b"",
    *,
    sport: int = 40112,
    dport: int = 80,
    seq: int = 1000,
    ack: int = 0,
    flags: int = SYN,
    window: int = 64240,
    options: bytes = b"",
    offset: int | None = None,
    urgent: int = 0,
    checksum: int = 0x1234,
) -> bytes:
    """A segment; `options` are padded to a multiple of four, `offset` overrides the data offset (in words)."""
    options += b"\0" * (-len(options) % 4)
    words = (20 + len(options)) // 4 if offset is None else offset
    return struct.pack(">HHIIHHHH", sport, dport, seq, ack, words << 12 | flags, window, checksum, urgent) + options + payload


def ipv4(
    payload: bytes,
    *,
    src: str = CLIENT,
    dst: str = SERVER,
    protocol: int = 6,
    ttl: int = 64,
    tos: int = 0,
    ip_id: int = 7,
    fragment: int = 0,
    options: bytes = b"",
    length: int | None = None,
) -> bytes:
    """A packet; `fragment` is the field of flags and offset, `length` overrides the total length."""
    header = 20 + len(options)
    total = header + len(payload) if length is None else length
    addresses = ipaddress.IPv4Address(src).packed + ipaddress.IPv4Address(dst).packed
    return struct.pack(">BBHHHBBH", 0x40 | header // 4, tos, total, ip_id, fragment, ttl, protocol, 0) + addresses + options + payload


def ipv6(
    payload: bytes,
    *,
    src: str = CLIENT6,
    dst: str = SERVER6,
    following: int = 6,
    hops: int = 64,
    traffic: int = 0,
    length: int | None = None,
) -> bytes:
    """A packet; `length` overrides the payload length."""
    size = len(payload) if length is None else length
    addresses = ipaddress.IPv6Address(src).packed + ipaddress.IPv6Address(dst).packed
    return struct.pack(">IHBB", 6 << 28 | traffic << 20, size, following, hops) + addresses + payload


def udp(payload: bytes, *, sport: int = 5000, dport: int = 4789, length: int | None = None) -> bytes:
    """A datagram."""
    return struct.pack(">HHHH", sport, dport, 8 + len(payload) if length is None else length, 0) + payload


def ethernet(payload: bytes, ethertype: int = 0x0800) -> bytes:
    """A frame without checksum and without padding."""
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01" + struct.pack(">H", ethertype) + payload


def frame(payload: bytes = b"", **fields: Any) -> bytes:
    """Ethernet, IPv4, TCP."""
    return ethernet(ipv4(tcp(payload, **fields)))


def dissect(
    life: Life, data: bytes, link_type: int = 1, *, captured: int | None = None, original: int | None = None
) -> tuple[Any, str | None]:
    """The row of one frame, or None and the name of the reason why it gives none. What lies around the frame must not matter."""
    row, reason, _ = dissect_with_progress(life, data, link_type, captured=captured, original=original)
    return row, reason


def dissect_with_progress(
    life: Life, data: bytes, link_type: int = 1, *, captured: int | None = None, original: int | None = None
) -> tuple[Any, str | None, Any]:
    """As `dissect`, with what dissecting keeps."""
    before = b"\xa5" * 5
    kept = len(data) if captured is None else captured
    whole = before + data[:kept]
    record = life.row(RECORD)
    record.time_ns, record.frame, record.offset, record.captured = 5_000, 1, len(before), kept
    record.original, record.link_type = len(data) if original is None else original, link_type
    records = life.rows(RECORD, 1)
    records[0] = record
    rows = life.rows(PACKET, 1)
    progress = life.row(PROGRESS)
    progress.first_ns = NO_TIME_YET
    skipped: Any = np.zeros(len(SKIPPED), np.int64) if life is Life.COMPILED else [0] * len(SKIPPED)
    view: Any = np.frombuffer(whole, np.uint8) if life is Life.COMPILED else whole
    life.kernel(dissect_records)(view, records, 1, rows, 1, progress, skipped)
    reasons = [reason for reason, count in zip(SKIPPED, skipped, strict=True) if count]
    if progress.count:
        assert reasons == []
        return named(rows[0]), None, progress
    assert len(reasons) == 1 and reasons[0] is not None
    return None, reasons[0].name, progress


def values(row: Any) -> dict[str, int]:
    """All fields of a row of either life as Python integers."""
    names = PACKET.names or ()
    return {name: int(row[name] if isinstance(row, np.void) else getattr(row, name)) for name in names}


def named(row: Any) -> Any:
    """A row of either life with attributes; NumPy's own rows have a `flags` of another meaning."""
    return types.SimpleNamespace(**values(row))


def pcap(
    frames: Iterable[bytes | tuple[int, bytes] | tuple[int, bytes, int]],
    *,
    link_type: int = 1,
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    snap: int = 262_144,
    minor: int = 4,
) -> bytes:
    """A pcap file; a frame may come with its time in units of the file, and with its original length."""
    parts = [struct.pack(f"{order}IHHiIII", magic, 2, minor, 0, 0, snap, link_type)]
    units = 1_000_000_000 if magic == 0xA1B23C4D else 1_000_000
    for number, item in enumerate(frames):
        time, data, *rest = item if isinstance(item, tuple) else (units * 1_700_000_000 + number, item)
        parts.append(struct.pack(f"{order}IIII", time // units, time % units, len(data), rest[0] if rest else len(data)) + data)
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block around a body, which is padded."""
    body += b"\0" * (-len(body) % 4)
    size = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + size + body + size


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """A pcapng option."""
    return struct.pack(f"{order}HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def section(order: str = "<") -> bytes:
    """A section header block."""
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link_type: int = 1, *, snap: int = 0, options: bytes = b"", order: str = "<") -> bytes:
    """An interface description block."""
    return block(1, struct.pack(f"{order}HHI", link_type, 0, snap) + options, order)


def enhanced(data: bytes, ticks: int, *, number: int = 0, original: int | None = None, order: str = "<") -> bytes:
    """An enhanced packet block."""
    size = len(data) if original is None else original
    return block(6, struct.pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), size) + data, order)


def simple(data: bytes, *, original: int | None = None, order: str = "<") -> bytes:
    """A simple packet block."""
    return block(3, struct.pack(f"{order}I", len(data) if original is None else original) + data, order)


def snoop(frames: Sequence[tuple[int, bytes]], link: int = 4) -> bytes:
    """A snoop file; times in microseconds."""
    parts = [b"snoop\0\0\0" + struct.pack(">II", 2, link)]
    for time_us, data in frames:
        padding = -len(data) % 4
        size = 24 + len(data) + padding
        parts.append(struct.pack(">IIIIII", len(data), len(data), size, 0, time_us // 10**6, time_us % 10**6) + data + b"\0" * padding)
    return b"".join(parts)


def erf(frames: Sequence[tuple[int, bytes]], kind: int = 2, extensions: bytes = b"") -> bytes:
    """An ERF file; times in units of 2^-32 s."""
    parts = []
    for time, data in frames:
        padding = b"\0\0" if kind == 2 else b""
        size = 16 + len(extensions) + len(padding) + len(data)
        kinds = kind | (0x80 if extensions else 0)
        parts.append(struct.pack("<Q", time) + struct.pack(">BBHHH", kinds, 1, size, 0, len(data)) + extensions + padding + data)
    return b"".join(parts)
