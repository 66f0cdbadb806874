"""Two hosts under everything at once: random calls, and a wire that loses, repeats, damages and forges.

Nothing may break, and the books must balance: after each step the counts that a host keeps are compared with what is in its table; at
the end, when every program has closed and hours have passed, nothing is left.
"""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest

from estab.chance import Chance
from estab.engine.entries import ConnectionEntry
from estab.engine.readiness import Readiness
from estab.engine.socket_options import CallError, SocketOption
from estab.engine.sockets import Flag, Shutdown, Socket
from estab.engine.stack import Stack
from estab.engine.syn_queue import SynEntry
from estab.engine.time_wait import TimeWaitEntry
from estab.instant import HOUR_NS, MILLISECOND_NS, SECOND_NS
from estab.machine.states import State
from estab.wire.segment import IcmpError, IcmpKind, Packet, Segment, SynOptions
from tests.unit.engine.hosts import CLIENT, LINUX, SERVER, Pair

KNOBS = LINUX.but(
    ip_local_port_range=(40_000, 40_015), tcp_max_tw_buckets=5, tcp_max_orphans=4, somaxconn=2, tcp_tw_reuse=1, tcp_fastopen=3
)
PORTS = (80, 81)


def check_books(stack: Stack) -> None:
    """What a host counts is what it has."""
    host = stack.host
    entries = list(host.table.values())
    kinds = Counter(type(entry) for entry in entries)
    assert host.time_waits == kinds[TimeWaitEntry]
    assert sum(listener.half_open for listener in host.listeners) == kinds[SynEntry]
    for listener in host.listeners:
        assert listener.half_open == len(listener.syn_queue) and 0 <= listener.young <= listener.half_open
        assert len(listener.accept_queue) <= listener.limit + 1
        pending = sum(isinstance(entry, ConnectionEntry) and entry.fast_open is listener for entry in entries)
        assert listener.fast_open_pending == pending
    connections = [entry for entry in entries if isinstance(entry, ConnectionEntry)]
    assert host.orphans == sum(entry.is_orphan for entry in connections)
    assert host.memory.pages == sum(entry.pages for entry in connections) >= 0
    assert stack.counters["Tcp.CurrEstab"] == sum(entry.state in (State.ESTABLISHED, State.CLOSE_WAIT) for entry in connections)
    assert all(entry.state is not State.CLOSED for entry in connections)
    holders = Counter(entry.key[1] for entry in connections) + Counter(
        entry.key[1] for entry in entries if isinstance(entry, TimeWaitEntry)
    )
    assert all(host.bindings.holders(port) >= count for port, count in holders.items())


class Chaos:
    """One run."""

    def __init__(self, seed: int) -> None:
        self.chance = Chance(seed)
        self.pair = Pair(client=KNOBS, server=KNOBS.but(tcp_syncookies=self.chance.below(3)), seed=seed, passes=self._passes)
        self.sockets: list[Socket] = []

    def _passes(self, packet: Packet) -> bool:
        dice = self.chance.below(100)
        if dice < 3:
            self.pair.server.handle_packet(packet, self.pair.now_ns)  # it arrives at once, and again later
        if dice == 4:
            packet.corrupt = True
        return dice > 10

    def stack(self) -> Stack:
        return self.pair.client if self.chance.below(2) else self.pair.server

    def any_socket(self) -> Socket | None:
        return self.sockets[self.chance.below(len(self.sockets))] if self.sockets else None

    def step(self) -> None:
        calls = (self.open, self.open, self.listen, self.accept, self.write, self.write, self.read, self.shut, self.close, self.set)
        deeds = (*calls, self.forge, self.icmp, self.ask)
        deed = deeds[self.chance.below(len(deeds))]
        with contextlib.suppress(CallError):
            deed()
        self.pair.run((0, MILLISECOND_NS, 50 * MILLISECOND_NS, SECOND_NS, 20 * SECOND_NS)[self.chance.below(5)])
        self.pair.log.clear()
        check_books(self.pair.client)
        check_books(self.pair.server)

    def open(self) -> None:
        here = self.stack()
        socket = here.socket()
        self.sockets.append(socket)
        there = (CLIENT, SERVER, "127.0.0.1")[self.chance.below(3)]
        if self.chance.below(4) == 0:
            socket.bind("0.0.0.0", (0, 41_000)[self.chance.below(2)])
        port = PORTS[self.chance.below(2)]
        if self.chance.below(4) == 0:
            socket.send(b"early", self.pair.now_ns, Flag.FASTOPEN, to=(there, port))
        socket.connect(there, port, self.pair.now_ns)

    def listen(self) -> None:
        socket = self.stack().socket()
        self.sockets.append(socket)
        for option in (SocketOption.REUSEADDR, SocketOption.REUSEPORT, SocketOption.FASTOPEN, SocketOption.DEFER_ACCEPT):
            socket.setsockopt(option, self.chance.below(3), self.pair.now_ns)
        socket.bind("0.0.0.0", PORTS[self.chance.below(2)])
        socket.listen(self.chance.below(4), self.pair.now_ns)

    def accept(self) -> None:
        for socket in self.sockets:
            if socket.listener is not None and socket.listener.accept_queue:
                self.sockets.append(socket.accept(self.pair.now_ns))
                return

    def write(self) -> None:
        socket = self.any_socket()
        if socket is not None:
            flags = (Flag.NONE, Flag.NONE, Flag.MORE, Flag.OOB)[self.chance.below(4)]
            socket.send(bytes(self.chance.below(20_000)), self.pair.now_ns, flags)

    def read(self) -> None:
        socket = self.any_socket()
        if socket is not None:
            socket.recv(self.chance.below(50_000), self.pair.now_ns, (Flag.NONE, Flag.PEEK, Flag.OOB, Flag.TRUNC)[self.chance.below(4)])

    def shut(self) -> None:
        socket = self.any_socket()
        if socket is not None:
            socket.shutdown(Shutdown(self.chance.below(3)), self.pair.now_ns)

    def close(self) -> None:
        socket = self.any_socket()
        if socket is not None:
            self.sockets.remove(socket)
            socket.close(self.pair.now_ns)

    def set(self) -> None:
        socket = self.any_socket()
        option = tuple(SocketOption)[self.chance.below(len(SocketOption))]
        if socket is not None:
            value = (self.chance.below(2), 0) if option is SocketOption.LINGER else self.chance.below(300)
            socket.setsockopt(option, value, self.pair.now_ns)

    def forge(self) -> None:
        """A segment near what an entry expects."""
        stack = self.stack()
        entries = list(stack.host.table.values())
        if not entries:
            return
        here, port, there, other = entries[self.chance.below(len(entries))].key
        near = 0
        entry = stack.host.table[here, port, there, other]
        if isinstance(entry, ConnectionEntry) and entry.connection.receiver is not None:
            near = entry.connection.receiver.rcv_nxt
        seq = (near + self.chance.below(5) - 2 + (0, 0, 100_000)[self.chance.below(3)]) & 0xFFFFFFFF
        ack = (getattr(getattr(entry, "connection", None), "snd_nxt", 0) + self.chance.below(5) - 2) & 0xFFFFFFFF
        options = SynOptions(mss_bytes=self.chance.below(3000), window_scale=self.chance.below(20), fast_open_cookie=b"12345678")
        segment = Segment(seq, ack, self.chance.below(64), self.chance.below(65_536), bytes(self.chance.below(3)), syn=options)
        if self.chance.below(2):
            segment.tsval, segment.tsecr = self.chance.bits32(), self.chance.bits32()
        stack.handle_packet(Packet(there, other, here, port, segment), self.pair.now_ns)

    def icmp(self) -> None:
        stack = self.stack()
        entries = list(stack.host.table.values())
        if entries:
            entry = entries[self.chance.below(len(entries))]
            here, port, there, other = entry.key
            seq = getattr(getattr(getattr(entry, "connection", None), "sender", None), "snd_una", 0)
            kind = tuple(IcmpKind)[self.chance.below(len(IcmpKind))]
            stack.handle_icmp(IcmpError(kind, there, here, port, there, other, seq & 0xFFFFFFFF, self.chance.below(1500)), self.pair.now_ns)

    def ask(self) -> None:
        """Questions change nothing and always have an answer."""
        for stack in (self.pair.client, self.pair.server):
            assert len(stack.sockets(self.pair.now_ns)) >= len(stack.host.table)
        for socket in self.sockets:
            assert socket.readiness(self.pair.now_ns) <= Readiness(0x201F)

    def end(self) -> None:
        """Everything is closed, and time passes."""
        for socket in self.sockets:
            socket.close(self.pair.now_ns)
        self.pair.run(3 * HOUR_NS)


@pytest.mark.parametrize("seed", range(40))
def test_the_books_balance_and_in_the_end_nothing_is_left(seed: int) -> None:
    chaos = Chaos(seed)
    for _ in range(150):
        chaos.step()
    chaos.end()
    for stack in (chaos.pair.client, chaos.pair.server):
        assert stack.host.table == {} and stack.poll_deadline() is None
        check_books(stack)
        assert all(stack.host.bindings.holders(port) == 0 for port in range(1 << 16))
