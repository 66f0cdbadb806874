"""A stack of the engine at one end of a TUN device, a kernel at the other, in a network namespace of their own.

Everything runs in one thread: kernel sockets do not block, and `pump` moves packets both ways until something has come to be.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import select
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator

from estab.chance import Chance
from estab.engine.stack import Stack
from estab.instant import SECOND_NS
from estab.knobs.values import KnobValues
from estab.wire.codec import decode, encode
from estab.wire.segment import Packet
from tests.interop.namespaces import Host

KERNEL, ENGINE = "10.78.0.1", "10.78.0.2"
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
PATIENCE_S = 20.0


class Tunnel:
    """The device, the stack behind it, and the packets that passed."""

    def __init__(self, host: Host, descriptor: int, knobs: KnobValues) -> None:
        self.host, self._descriptor = host, descriptor
        self.stack = Stack([ENGINE], knobs=knobs, chance=Chance(os.getpid()), now_ns=time.monotonic_ns())
        self.passes: Callable[[Packet], bool] = lambda _: True
        """Whether a packet gets through, whichever way it goes."""
        self.log: list[Packet] = []
        self._open: list[socket.socket] = []

    @property
    def now_ns(self) -> int:
        return time.monotonic_ns()

    def pump(self, until: Callable[[], bool], *, seconds: float = PATIENCE_S) -> None:
        """Move packets until it is so; AssertionError where it does not come to be."""
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, "it did not come to be"
            self._turn()

    def idle(self, seconds: float) -> None:
        """Move packets for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._turn()

    def _turn(self) -> None:
        self._send()
        deadline = self.stack.poll_deadline()
        wait_s = 0.005 if deadline is None else min(0.005, max(0.0, (deadline - self.now_ns) / SECOND_NS))
        readable, _, _ = select.select([self._descriptor], [], [], wait_s)
        while readable:
            try:
                data = os.read(self._descriptor, 65_536)
            except BlockingIOError:
                break
            packet = decode(data)
            if isinstance(packet, Packet):
                self.log.append(packet)
                if self.passes(packet):
                    self.stack.handle_packet(packet, self.now_ns)
        self.stack.handle_deadline(self.now_ns)
        self._send()

    def _send(self) -> None:
        while (packet := self.stack.poll_transmit(self.now_ns)) is not None:
            self.log.append(packet)
            if self.passes(packet):
                os.write(self._descriptor, encode(packet))

    def kernel_socket(self) -> socket.socket:
        """A socket of the kernel that never blocks."""
        made = self.host.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        made.setblocking(False)
        self._open.append(made)
        return made

    def kernel_counters(self) -> dict[str, int]:
        """Tcp and TcpExt of the namespace, by full name."""
        found: dict[str, int] = {}
        for name in ("snmp", "netstat"):
            path = pathlib.Path(f"/proc/thread-self/net/{name}")
            lines = self.host.inside(lambda path=path: path.read_text(encoding="ascii")).splitlines()  # type: ignore[misc]
            for names, values in zip(lines[::2], lines[1::2], strict=True):
                block, *words = names.split()
                found |= {block.replace(":", ".") + word: int(value) for word, value in zip(words, values.split()[1:], strict=True)}
        return found

    def sysctl(self, **values: object) -> None:
        """Write settings of the namespace under net.ipv4."""
        for name, value in values.items():
            path = pathlib.Path("/proc/sys/net/ipv4") / name
            self.host.inside(lambda path=path, value=value: path.write_text(str(value), encoding="ascii"))  # type: ignore[misc]

    def close(self) -> None:
        for made in self._open:
            made.close()


@contextlib.contextmanager
def tunnel(knobs: KnobValues, *, number: int = 0) -> Iterator[Tunnel]:
    """A namespace with a TUN device, both removed at the end."""
    name = f"estab-{os.getpid()}-tun{number}"
    with contextlib.ExitStack() as cleaning:
        subprocess.run(["ip", "netns", "add", name], check=True)
        cleaning.callback(subprocess.run, ["ip", "netns", "delete", name], check=False)
        host = Host(name, "tun0", KERNEL)
        cleaning.callback(host.close)
        descriptor = host.inside(lambda: os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK))
        cleaning.callback(os.close, descriptor)
        host.inside(lambda: fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH14x", b"tun0", IFF_TUN | IFF_NO_PI)))
        for words in (["link", "set", "lo", "up"], ["address", "add", f"{KERNEL}/24", "dev", "tun0"], ["link", "set", "tun0", "up"]):
            subprocess.run(["ip", "-n", name, *words], check=True)
        made = Tunnel(host, descriptor, knobs)
        cleaning.callback(made.close)
        yield made


def has_tun() -> bool:
    """Whether the device exists."""
    return pathlib.Path("/dev/net/tun").exists()
