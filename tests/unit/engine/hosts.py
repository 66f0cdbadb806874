"""Two hosts joined by a wire in virtual time: what one stack sends the other gets, after a while, unless a policy says otherwise."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from estab.chance import Chance
from estab.engine.socket_options import CallError
from estab.engine.sockets import Flag, Socket
from estab.engine.stack import Stack
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.knobs.declare import Profile
from estab.knobs.values import KnobValues, profile_values
from estab.machine.states import State
from estab.wire.segment import IcmpError, Packet

LINUX = profile_values(Profile.LINUX)
CLIENT, SERVER = "10.0.0.1", "10.0.0.2"

Policy = Callable[[Packet], bool]
"""Whether a packet passes."""


class Pair:
    """A client's host and a server's."""

    def __init__(
        self,
        *,
        client: KnobValues = LINUX,
        server: KnobValues = LINUX,
        delay_ns: int = MILLISECOND_NS // 10,
        seed: int = 1,
        passes: Policy | None = None,
    ) -> None:
        chance = Chance(seed)
        self.now_ns = 1000 * SECOND_NS
        self.client = Stack([CLIENT, "fd00::1"], knobs=client, chance=chance.child("client"), now_ns=self.now_ns)
        self.server = Stack([SERVER, "fd00::2"], knobs=server, chance=chance.child("server"), now_ns=self.now_ns)
        self.delay_ns = delay_ns
        self.passes = passes
        self.log: list[tuple[int, Packet]] = []
        self._wire: list[tuple[int, int, Packet]] = []
        self._number = 0

    def flush(self) -> None:
        """Take everything that both hosts want to send now."""
        moved = True
        while moved:
            moved = False
            for stack in (self.client, self.server):
                while (packet := stack.poll_transmit(self.now_ns)) is not None:
                    moved = True
                    self.log.append((self.now_ns, packet))
                    if self.passes is None or self.passes(packet):
                        self._number += 1
                        heapq.heappush(self._wire, (self.now_ns + self.delay_ns, self._number, packet))

    def inject(self, packet: Packet) -> None:
        """A packet arrives at once, from wherever."""
        self._host_of(packet.destination).handle_packet(packet, self.now_ns)
        self.flush()

    def inject_icmp(self, error: IcmpError) -> None:
        """An ICMP error arrives at once at the host whose packet it quotes."""
        self._host_of(error.local).handle_icmp(error, self.now_ns)
        self.flush()

    def _host_of(self, address: str) -> Stack:
        return self.client if self.client.host.addresses.is_own(address) else self.server

    def run(self, duration_ns: int = SECOND_NS // 20) -> None:
        """Let time pass."""
        end = self.now_ns + duration_ns
        self.flush()
        while (when := self._next()) is not None and when <= end:
            self.now_ns = max(self.now_ns, when)
            while self._wire and self._wire[0][0] <= self.now_ns:
                _, _, packet = heapq.heappop(self._wire)
                if self.client.host.addresses.is_own(packet.destination) or self.server.host.addresses.is_own(packet.destination):
                    self._host_of(packet.destination).handle_packet(packet, self.now_ns)
            for stack in (self.client, self.server):
                deadline = stack.poll_deadline()
                if deadline is not None and deadline <= self.now_ns:
                    stack.handle_deadline(self.now_ns)
            self.flush()
        self.now_ns = end

    def _next(self) -> int | None:
        times = [self.client.poll_deadline(), self.server.poll_deadline(), self._wire[0][0] if self._wire else None]
        return min((when for when in times if when is not None), default=None)

    # What programs do

    def listen(self, port: int = 80, backlog: int = 16, stack: Stack | None = None, address: str = "0.0.0.0") -> Socket:
        socket = (stack or self.server).socket(ipv6=":" in address)
        socket.bind(address, port)
        socket.listen(backlog, self.now_ns)
        return socket

    def begin(self, port: int = 80, *, socket: Socket | None = None, address: str = SERVER) -> Socket:
        """connect(), without waiting; any error but EINPROGRESS is the caller's."""
        opened = socket or self.client.socket(ipv6=":" in address)
        assert failure(lambda: opened.connect(address, port, self.now_ns)) == "EINPROGRESS"
        return opened

    def connect(self, port: int = 80, *, socket: Socket | None = None) -> Socket:
        """connect(), and a moment of time."""
        opened = self.begin(port, socket=socket)
        self.run()
        return opened

    def both(self, port: int = 80) -> tuple[Socket, Socket, Socket]:
        """A listener, and both ends of a connection to it."""
        listener = self.listen(port)
        client = self.connect(port)
        return listener, client, listener.accept(self.now_ns)

    def send(self, socket: Socket, data: bytes, flags: Flag = Flag.NONE) -> int:
        taken = socket.send(data, self.now_ns, flags)
        self.run()
        return taken

    def recv(self, socket: Socket, max_bytes: int = 1 << 20, flags: Flag = Flag.NONE) -> bytes:
        return socket.recv(max_bytes, self.now_ns, flags)

    def close(self, socket: Socket) -> None:
        socket.close(self.now_ns)
        self.run()

    def states(self, stack: Stack) -> list[State]:
        """States of all sockets and records of a host, listeners left out, sorted."""
        return sorted(one.state for one in stack.sockets(self.now_ns) if one.state is not State.LISTEN)


def failure(call: Callable[[], object]) -> str:
    """The name of the errno with which a call fails; empty where it succeeds."""
    try:
        call()
    except CallError as error:
        return str(error.strerror)
    return ""


def moved(stack: Stack, *names: str) -> dict[str, int]:
    """Counters by their names without block, as the evidence of a kernel has them."""
    return {name: stack.counters[name if "." in name else f"TcpExt.{name}"] for name in names}
