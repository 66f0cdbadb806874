"""Sockets of a kernel and sockets of the engine behind the same calls, each in a world with nothing but a loopback interface."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import socket
import struct
import termios
import time
from collections.abc import Mapping

from estab.chance import Chance
from estab.engine.readiness import Readiness
from estab.engine.socket_options import SocketOption, Value
from estab.engine.sockets import Flag, Shutdown, Socket
from estab.engine.stack import Stack
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.knobs.declare import Profile
from estab.knobs.values import profile_values
from tests.interop.namespaces import Host

HERE = "127.0.0.1"

_LEVELS = {"SO": socket.SOL_SOCKET, "TCP": socket.IPPROTO_TCP, "IP": socket.IPPROTO_IP, "IPV6": socket.IPPROTO_IPV6}
_NUMBERS = {"TCP_FASTOPEN_CONNECT": 30, "TCP_FASTOPEN": 23, "IP_BIND_ADDRESS_NO_PORT": 24, "SO_REUSEPORT": 15, "TCP_NOTSENT_LOWAT": 25}
_POLLED = {
    select.POLLIN: Readiness.IN,
    select.POLLPRI: Readiness.PRI,
    select.POLLOUT: Readiness.OUT,
    select.POLLERR: Readiness.ERR,
    select.POLLHUP: Readiness.HUP,
    0x2000: Readiness.RDHUP,
}


class KernelSocket:
    """A socket of the kernel, behind the calls that both have."""

    def __init__(self, world: KernelWorld, made: socket.socket) -> None:
        self._world, self._socket = world, made
        made.setblocking(False)

    def bind(self, address: str, port: int) -> None:
        self._socket.bind((address, port))

    def listen(self, backlog: int) -> None:
        self._socket.listen(backlog)

    def connect(self, address: str, port: int) -> None:
        self._socket.connect((address, port))

    def accept(self) -> KernelSocket:
        made = self._socket.accept()[0]
        self._world.open.append(made)
        return KernelSocket(self._world, made)

    def send(self, data: bytes, flags: int = 0) -> int:
        return self._socket.send(data, flags | socket.MSG_NOSIGNAL)

    def recv(self, count: int, flags: int = 0) -> bytes:
        return self._socket.recv(count, flags)

    def shutdown(self, how: int) -> None:
        self._socket.shutdown(how)

    def close(self) -> None:
        self._socket.close()

    def set(self, option: SocketOption, value: Value) -> None:
        level, number = _place(option)
        packed = struct.pack("ii", *value) if isinstance(value, tuple) else value.encode() if isinstance(value, str) else value
        self._socket.setsockopt(level, number, packed)

    def get(self, option: SocketOption) -> Value:
        level, number = _place(option)
        if option is SocketOption.LINGER:
            on, seconds = struct.unpack("ii", self._socket.getsockopt(level, number, 8))
            return on, seconds
        if option is SocketOption.CONGESTION:
            return self._socket.getsockopt(level, number, 16).split(b"\0")[0].decode()
        return self._socket.getsockopt(level, number)

    def ready(self) -> Readiness:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | select.POLLPRI | select.POLLOUT | 0x2000)
        found = Readiness.NONE
        for _, events in poll.poll(0):
            for bit, name in _POLLED.items():
                if events & bit:
                    found |= name
        return found

    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def queues(self) -> tuple[int, int]:
        numbers = [struct.unpack("i", fcntl.ioctl(self._socket, request, b"\0" * 4))[0] for request in (termios.FIONREAD, termios.TIOCOUTQ)]
        return numbers[0], numbers[1]


def _place(option: SocketOption) -> tuple[int, int]:
    level = _LEVELS[option.value.split("_")[0]]
    number = _NUMBERS.get(option.value) or getattr(socket, option.value)
    return level, int(number)


class EngineSocket:
    """A socket of the engine, behind the same calls."""

    def __init__(self, world: EngineWorld, made: Socket) -> None:
        self._world, self._socket = world, made

    def bind(self, address: str, port: int) -> None:
        self._socket.bind(address, port)

    def listen(self, backlog: int) -> None:
        self._socket.listen(backlog, self._world.now_ns)

    def connect(self, address: str, port: int) -> None:
        try:
            self._socket.connect(address, port, self._world.now_ns)
        finally:
            self._world.flush()

    def accept(self) -> EngineSocket:
        return EngineSocket(self._world, self._socket.accept(self._world.now_ns))

    def send(self, data: bytes, flags: int = 0) -> int:
        try:
            return self._socket.send(data, self._world.now_ns, Flag(flags))
        finally:
            self._world.flush()

    def recv(self, count: int, flags: int = 0) -> bytes:
        try:
            return self._socket.recv(count, self._world.now_ns, Flag(flags))
        finally:
            self._world.flush()

    def shutdown(self, how: int) -> None:
        try:
            self._socket.shutdown(Shutdown(how), self._world.now_ns)
        finally:
            self._world.flush()

    def close(self) -> None:
        self._socket.close(self._world.now_ns)
        self._world.flush()

    def set(self, option: SocketOption, value: Value) -> None:
        self._socket.setsockopt(option, value, self._world.now_ns)

    def get(self, option: SocketOption) -> Value:
        found = self._socket.getsockopt(option, self._world.now_ns)
        assert isinstance(found, int | str | tuple)
        return found

    def ready(self) -> Readiness:
        return self._socket.readiness(self._world.now_ns)

    def port(self) -> int:
        assert self._socket.local is not None
        return self._socket.local.port

    def queues(self) -> tuple[int, int]:
        return self._socket.input_queue_bytes, self._socket.output_queue_bytes


AnySocket = KernelSocket | EngineSocket


class KernelWorld:
    """The kernel, in a namespace."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.open: list[socket.socket] = []

    def socket(self) -> KernelSocket:
        made = self._host.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        self.open.append(made)
        return KernelSocket(self, made)

    def wait(self) -> None:
        time.sleep(0.06)

    def end(self) -> None:
        for made in self.open:
            with contextlib.suppress(OSError):
                made.close()


class EngineWorld:
    """The engine, with knobs as the kernel has them."""

    def __init__(self, knobs: Mapping[str, str]) -> None:
        self.now_ns = 1000 * SECOND_NS
        self.stack = Stack([], knobs=profile_values(Profile.LINUX).changed(knobs), chance=Chance(os.getpid()), now_ns=self.now_ns)

    def socket(self) -> EngineSocket:
        return EngineSocket(self, self.stack.socket())

    def flush(self) -> None:
        assert self.stack.poll_transmit(self.now_ns) is None  # all stays on loopback

    def wait(self) -> None:
        end = self.now_ns + 60 * MILLISECOND_NS
        self.flush()
        while (when := self.stack.poll_deadline()) is not None and when <= end:
            self.now_ns = max(self.now_ns, when)
            self.stack.handle_deadline(self.now_ns)
            self.flush()
        self.now_ns = end


World = KernelWorld | EngineWorld
