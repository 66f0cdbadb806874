"""Answers of sock_diag made by hand: what a kernel writes, byte for byte (include/uapi/linux/inet_diag.h)."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Sequence

ESTABLISHED, TIME_WAIT, CLOSE_WAIT, LISTEN = 1, 6, 8, 10
INFO, CONG, SKMEMINFO, SHUTDOWN, SKV6ONLY, MARK, CGROUP_ID = 2, 4, 7, 8, 11, 15, 21


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute, filled up to four bytes."""
    return struct.pack("=HH", len(payload) + 4, kind) + payload + bytes(-len(payload) % 4)


def tcp_info(length: int = 280, **words: int) -> bytes:
    """TCP_INFO of a length whose 32-bit words are their own offset, with `b6=…` a byte and `w68=…` a word at an offset."""
    data = bytearray(b"".join(struct.pack("=I", place) for place in range(0, length, 4)))
    for name, value in words.items():
        at = int(name[1:])
        data[at : at + (4 if name[0] == "w" else 1)] = value.to_bytes(4 if name[0] == "w" else 1, "little")
    return bytes(data)


def message(
    state: int = ESTABLISHED,
    *,
    local: tuple[str, int] = ("10.0.0.1", 80),
    remote: tuple[str, int] = ("10.0.0.2", 40_000),
    timer: tuple[int, int, int] = (0, 0, 0),
    queues: tuple[int, int] = (0, 0),
    inode: int = 1,
    cookie: int = 1,
    interface: int = 0,
    uid: int = 0,
    attributes: Sequence[bytes] = (),
) -> bytes:
    """One socket; `timer` is which, expires in ms, retries."""
    ends = [ipaddress.ip_address(end[0]) for end in (local, remote)]
    family = 2 if ends[0].version == 4 else 10
    body = struct.pack("=BBBB", family, state, timer[0], timer[2])
    body += struct.pack(">HH", local[1], remote[1]) + b"".join(end.packed.ljust(16, b"\0") for end in ends)
    body += struct.pack("=IQ", interface, cookie)
    body += struct.pack("=5I", timer[1], *queues, uid, inode)
    body += b"".join(attributes)
    return header(20, body)


def header(kind: int, body: bytes) -> bytes:
    """A netlink message of a kind, filled up to four bytes."""
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 1, 0) + body + bytes(-len(body) % 4)


def done(code: int = 0) -> bytes:
    """The end of a dump."""
    return header(3, struct.pack("=i", code))
