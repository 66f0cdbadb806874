"""The engine's socket interface as the lab uses it (temporary stand-ins until it lands)."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable
from typing import Any, Protocol

from estab.flow import Endpoint
from estab.wire.segment import IcmpError, Packet


class CallError(OSError):
    def __init__(self, number: int) -> None:
        super().__init__(number, os.strerror(number))


class Readiness(enum.IntFlag):
    IN = 1
    OUT = 4
    ERR = 8
    HUP = 16
    RDHUP = 0x2000


class Shutdown(enum.IntEnum):
    RD = 0
    WR = 1
    RDWR = 2


class SocketOption(enum.Enum):
    REUSEADDR = 1
    LINGER = 2
    NODELAY = 3
    INFO = 4


class Socket(Protocol):
    on_ready: Callable[[], None] | None
    local: Endpoint
    remote: Endpoint

    def bind(self, address: str, port: int) -> None: ...
    def listen(self, backlog: int, now_ns: int) -> None: ...
    def accept(self, now_ns: int) -> Socket: ...
    def connect(self, address: str, port: int, now_ns: int) -> None: ...
    def send(self, data: bytes | memoryview, now_ns: int) -> int: ...
    def recv(self, max_bytes: int, now_ns: int) -> bytes: ...
    def shutdown(self, how: Shutdown, now_ns: int) -> None: ...
    def close(self, now_ns: int) -> None: ...
    def setsockopt(self, option: SocketOption, value: Any, now_ns: int) -> None: ...
    def getsockopt(self, option: SocketOption, now_ns: int) -> Any: ...
    def readiness(self, now_ns: int) -> Readiness: ...


class Stack(Protocol):
    counters: dict[str, int]

    def handle_packet(self, packet: Packet, now_ns: int) -> None: ...
    def handle_icmp(self, error: IcmpError, now_ns: int) -> None: ...
    def poll_transmit(self, now_ns: int) -> Packet | None: ...
    def poll_deadline(self) -> int | None: ...
    def handle_deadline(self, now_ns: int) -> None: ...
    def poll_event(self) -> Any: ...
    def socket(self) -> Socket: ...
