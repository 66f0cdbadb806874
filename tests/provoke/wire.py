"""A wire between two namespaces that this process plays: two TUN devices, and a policy that may drop, delay, change or invent packets.

No emulation module of the kernel is needed.  A policy gets each packet with its direction and answers with what is to be delivered, as
(delay in seconds, bytes); None delivers it as it is, an empty list drops it.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
FLAGS = "FSRPAUEC"
TO_SERVER, TO_CLIENT = "to server", "to client"

Delivery = Sequence[tuple[float, bytes]] | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One packet on the wire; only IPv4 with TCP is taken apart, of others `is_tcp` is False."""

    raw: bytes
    to: str
    is_tcp: bool = False
    source: str = ""
    target: str = ""
    source_port: int = 0
    target_port: int = 0
    seq: int = 0
    ack: int = 0
    flags: str = ""
    window: int = 0
    options: bytes = b""
    data: bytes = b""

    def timestamps(self) -> tuple[int, int] | None:
        """TSval and TSecr."""
        place, options = 0, self.options
        while place < len(options) and options[place]:
            if options[place] == 1:
                place += 1
                continue
            if options[place] == 8:
                return struct.unpack("!II", options[place + 2 : place + 10])
            place += options[place + 1]
        return None


Policy = Callable[[Seen], Delivery]


def take_apart(raw: bytes, to: str) -> Seen:
    """A packet with its fields."""
    if len(raw) < 40 or raw[0] >> 4 != 4 or raw[9] != socket.IPPROTO_TCP:
        return Seen(raw, to)
    head = (raw[0] & 15) * 4
    source_port, target_port, seq, ack, offset, bits, window = struct.unpack("!HHIIBBH", raw[head : head + 16])
    begin = head + (offset >> 4) * 4
    flags = "".join(letter for place, letter in enumerate(FLAGS) if bits >> place & 1)
    addresses = socket.inet_ntoa(raw[12:16]), socket.inet_ntoa(raw[16:20])
    return Seen(raw, to, True, *addresses, source_port, target_port, seq, ack, flags, window, raw[head + 20 : begin], raw[begin:])


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    total = (total >> 16) + (total & 0xFFFF)
    return int(~(total + (total >> 16)) & 0xFFFF)


def build(
    source: str, target: str, source_port: int, target_port: int, flags: str, seq: int = 0, ack: int = 0, *,
    window: int = 1024, data: bytes = b"", options: bytes = b"", ttl: int = 64, tos: int = 0, damaged: bool = False,
) -> bytes:  # fmt: skip
    """A packet with right checksums, unless it is to be `damaged`."""
    bits = sum(1 << FLAGS.index(letter) for letter in flags)
    padded = options + b"\0" * (-len(options) % 4)
    head = struct.pack(
        "!HHIIBBHHH", source_port, target_port, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, (20 + len(padded)) // 4 << 4, bits, window, 0, 0
    )
    segment = head + padded + data
    pseudo = socket.inet_aton(source) + socket.inet_aton(target) + struct.pack("!BBH", 0, 6, len(segment))
    check = checksum(pseudo + segment) ^ (0x1234 if damaged else 0)
    segment = segment[:16] + struct.pack("!H", check) + segment[18:]
    outer = struct.pack(
        "!BBHHHBBH4s4s", 0x45, tos, 20 + len(segment), seq & 0xFFFF, 0x4000, ttl, 6, 0, socket.inet_aton(source), socket.inet_aton(target)
    )
    return outer[:10] + struct.pack("!H", checksum(outer)) + outer[12:] + segment


def rebuilt(seen: Seen, *, options: bytes | None = None, flags: str | None = None) -> bytes:
    """The packet with other options or flags."""
    return build(
        seen.source, seen.target, seen.source_port, seen.target_port, seen.flags if flags is None else flags, seen.seq, seen.ack,
        window=seen.window, data=seen.data, options=seen.options if options is None else options,
    )  # fmt: skip


def nothing(seen: Seen) -> Delivery:
    """The policy of a wire that is cut."""
    del seen
    return []


def open_tun(name: str) -> int:
    """A TUN device of the calling thread's namespace."""
    made = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(made, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return made


class Wire:
    """Carries packets between two TUN devices in a thread of its own, until it is closed."""

    def __init__(self, client: int, server: int) -> None:
        self.policy: Policy | None = None
        self.seen: list[Seen] = []
        self._ends = {TO_SERVER: client, TO_CLIENT: server}
        self._under_way: list[tuple[float, int, str, bytes]] = []
        self._number = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def inject(self, to: str, raw: bytes, delay_s: float = 0.0) -> None:
        """Delivers a packet that nobody sent."""
        with self._lock:
            self._number += 1
            heapq.heappush(self._under_way, (time.monotonic() + delay_s, self._number, to, raw))

    def last(self, to: str, flags: str | None = None, *, data: bool | None = None) -> Seen:
        """The last TCP packet in a direction, with these flags, with or without data."""
        return next(
            seen
            for seen in reversed(self.seen)
            if seen.is_tcp and seen.to == to and (flags is None or seen.flags == flags) and (data is None or bool(seen.data) is data)
        )

    def _run(self) -> None:
        directions = {descriptor: to for to, descriptor in self._ends.items()}
        while not self._ended.is_set():
            with self._lock:
                wait = min(0.05, max(0.0, self._under_way[0][0] - time.monotonic())) if self._under_way else 0.05
            ready, _, _ = select.select(list(directions), [], [], wait)
            for descriptor in ready:
                with contextlib.suppress(OSError):
                    self._carry(os.read(descriptor, 65536), directions[descriptor])
            self._deliver()

    def _carry(self, raw: bytes, to: str) -> None:
        seen = take_apart(raw, to)
        if not seen.is_tcp and raw[0] >> 4 == 6:
            return  # neighbour discovery of the devices themselves
        self.seen.append(seen)
        del self.seen[:-5000]
        delivery = self.policy(seen) if self.policy is not None else None
        for delay_s, changed in [(0.0, raw)] if delivery is None else delivery:
            self.inject(to, changed, delay_s)

    def _deliver(self) -> None:
        other = {TO_SERVER: self._ends[TO_CLIENT], TO_CLIENT: self._ends[TO_SERVER]}
        while True:
            with self._lock:
                if not self._under_way or self._under_way[0][0] > time.monotonic():
                    return
                _, _, to, raw = heapq.heappop(self._under_way)
            with contextlib.suppress(OSError):
                os.write(other[to], raw)

    def close(self) -> None:
        """Ends the thread; the devices go with their descriptors."""
        self._ended.set()
        self._thread.join(timeout=2)
        for descriptor in self._ends.values():
            os.close(descriptor)
