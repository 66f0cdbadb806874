"""What a live kernel (Linux 6.18) counted while connections lived and died, and what two stacks count in the same situations.

Every counter that moved there must move here by as much, and no other may.  Left out are gauges, and counters of how a kernel works
inside (header prediction, merged buffers), which say nothing about TCP.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.engine.socket_options import CallError, SocketOption
from estab.engine.sockets import Shutdown, Socket
from estab.engine.stack import Stack
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.wire.segment import ACK, FIN, SYN, Packet
from tests.unit.engine.hosts import LINUX, SERVER, Pair

INSIDE = {
    "Tcp.CurrEstab", "Tcp.InSegs", "Tcp.OutSegs", "TcpExt.TCPHPHits", "TcpExt.TCPPureAcks", "TcpExt.TCPHPAcks", "TcpExt.TCPOrigDataSent",
    "TcpExt.TCPDelivered", "TcpExt.TCPAutoCorking", "TcpExt.TCPRcvCoalesce",
}  # fmt: skip
SHORT_IDLE = {SocketOption.KEEPALIVE: 1, SocketOption.KEEPINTVL: 1, SocketOption.KEEPCNT: 3}
TIMED_OUT = {"TCPAbortOnTimeout": 1, "Tcp.EstabResets": 1}

Story = Callable[["Scene"], None]
Counted = dict[str, int]


class Scene:
    """A pair of hosts, whose wire can be cut."""

    def __init__(self, *, client: dict[str, int], delay_ns: int) -> None:
        self.lost: Callable[[Packet], bool] = lambda _: False
        self.pair = Pair(client=LINUX.but(**client), delay_ns=delay_ns, passes=lambda packet: not self.lost(packet))

    def both(self, options: dict[SocketOption, int] | None = None) -> tuple[Socket, Socket]:
        listener = self.pair.listen()
        client = self.pair.client.socket()
        for option, value in (options or {}).items():
            client.setsockopt(option, value, self.pair.now_ns)
        self.pair.connect(socket=client)
        return client, listener.accept(self.pair.now_ns)

    def send(self, socket: Socket, data: bytes) -> bool:
        """Write now, and let it leave; False where there is no room."""
        try:
            socket.send(data, self.pair.now_ns)
        except CallError:
            return False
        self.pair.flush()
        return True

    def close(self, socket: Socket) -> None:
        socket.close(self.pair.now_ns)
        self.pair.flush()

    def wait(self, seconds: float) -> None:
        self.pair.run(round(seconds * SECOND_NS))

    def cut(self) -> None:
        self.lost = lambda _: True


def half_open_with_data(scene: Scene) -> None:
    client, _ = scene.both()
    scene.cut()
    scene.send(client, b"x" * 100)
    scene.wait(120)


def keepalive_dead(scene: Scene) -> None:
    scene.both(SHORT_IDLE | {SocketOption.KEEPIDLE: 2})
    scene.cut()
    scene.wait(60)


def keepalive_alive(scene: Scene) -> None:
    scene.both(SHORT_IDLE | {SocketOption.KEEPIDLE: 1})
    scene.wait(4.5)


def write_after_close(scene: Scene) -> None:
    client, server = scene.both()
    scene.close(server)
    for _ in range(3):
        scene.wait(0.1)
        scene.send(client, b"x")


def linger_zero(scene: Scene) -> None:
    _, server = scene.both()
    server.setsockopt(SocketOption.LINGER, (1, 0), scene.pair.now_ns)
    scene.close(server)
    scene.wait(0.1)


def nagle_meets_delayed_ack(scene: Scene) -> None:
    client, server = scene.both()
    for number in range(40):
        scene.send(client, b"h" * 10)
        scene.send(client, b"b" * 10)
        received = 0
        while received < 20:
            scene.wait(0.001)
            if server.input_queue_bytes:
                received += len(scene.pair.recv(server))
        scene.send(server, b"r" * 5)
        scene.wait(0.001)
        assert scene.pair.recv(client) == b"r" * 5, number
    scene.close(client)
    scene.wait(0.01)
    scene.close(server)
    scene.wait(0.1)


def close_wait_leak(scene: Scene) -> None:
    listener = scene.pair.listen()
    clients = [scene.pair.connect() for _ in range(5)]
    servers = [listener.accept(scene.pair.now_ns) for _ in clients]
    for client in clients[:2]:
        scene.send(client, b"x")
        scene.wait(0.05)
    for client in clients:
        scene.close(client)
    scene.wait(0.2)
    for server in servers:
        scene.close(server)
    scene.wait(0.1)


def last_ack_to_a_dead_peer(scene: Scene) -> None:
    client, server = scene.both()
    scene.close(client)
    scene.wait(0.1)
    scene.cut()
    scene.close(server)
    scene.wait(115)


def last_ack_of_a_moment(scene: Scene) -> None:
    client, server = scene.both()
    scene.close(client)
    scene.wait(0.1)
    scene.lost = lambda packet: packet.destination == SERVER
    scene.close(server)
    scene.wait(0.6)


def fin_wait_1_to_a_dead_peer(scene: Scene) -> None:
    client, _ = scene.both()
    scene.cut()
    scene.close(client)
    scene.wait(115)


def fin_lost(scene: Scene) -> None:
    client, _ = scene.both()
    scene.lost = lambda packet: bool(packet.segment.flags & FIN)
    scene.close(client)
    scene.wait(1)


def syn_into_silence(scene: Scene) -> None:
    scene.cut()
    scene.pair.begin()
    scene.wait(140)


def ecn_black_hole(scene: Scene) -> None:
    scene.lost = lambda packet: bool(packet.segment.flags & SYN and packet.segment.flags & 0xC0 == 0xC0)
    scene.pair.listen()
    scene.pair.begin()
    scene.wait(2)


def close_with_data_read_by_nobody(scene: Scene) -> None:
    client, server = scene.both()
    client.shutdown(Shutdown.WRITE, scene.pair.now_ns)
    scene.wait(0.1)
    scene.send(server, b"data")
    scene.wait(0.1)
    scene.close(client)
    scene.wait(0.1)


def closing_on_both_sides(scene: Scene) -> None:
    client, server = scene.both()
    scene.lost = lambda packet: packet.segment.flags & (ACK | FIN) == ACK
    client.close(scene.pair.now_ns)
    server.close(scene.pair.now_ns)
    scene.wait(0.15)


CASES: list[tuple[Story, dict[str, int], int, Counted, Counted]] = [
    (half_open_with_data, {"tcp_retries2": 5}, 100_000,
     {"TCPLostRetransmit": 4, "TCPTimeouts": 6, "TCPLossProbes": 1, "TcpTimeoutRehash": 5, "Tcp.ActiveOpens": 1, "Tcp.RetransSegs": 6}
     | TIMED_OUT,
     {"Tcp.PassiveOpens": 1}),
    (keepalive_dead, {}, 100_000,
     {"TCPKeepAlive": 3, "Tcp.ActiveOpens": 1, "Tcp.OutRsts": 1} | TIMED_OUT,
     {"Tcp.PassiveOpens": 1}),
    (keepalive_alive, {}, 100_000, {"TCPKeepAlive": 4, "Tcp.ActiveOpens": 1}, {"Tcp.PassiveOpens": 1}),
    (write_after_close, {}, 100_000,
     {"DelayedACKs": 1, "Tcp.ActiveOpens": 1, "Tcp.EstabResets": 1},
     {"TW": 1, "Tcp.PassiveOpens": 1, "Tcp.OutRsts": 1}),
    (linger_zero, {}, 100_000,
     {"Tcp.ActiveOpens": 1, "Tcp.EstabResets": 1},
     {"TCPAbortOnData": 1, "Tcp.PassiveOpens": 1, "Tcp.EstabResets": 1, "Tcp.OutRsts": 1}),
    (close_wait_leak, {}, 100_000,
     {"TW": 5, "Tcp.ActiveOpens": 5},
     {"DelayedACKs": 5, "TCPAbortOnClose": 2, "Tcp.PassiveOpens": 5, "Tcp.EstabResets": 2, "Tcp.OutRsts": 2}),
    (last_ack_to_a_dead_peer, {}, 100_000,
     {"TW": 1, "Tcp.ActiveOpens": 1},
     {"DelayedACKs": 1, "TCPLostRetransmit": 7, "TCPTimeouts": 9, "TCPLossProbes": 1, "TCPAbortOnTimeout": 1, "TcpTimeoutRehash": 8,
      "Tcp.PassiveOpens": 1, "Tcp.RetransSegs": 9}),
    (last_ack_of_a_moment, {}, 100_000,
     {"TW": 1, "Tcp.ActiveOpens": 1},
     {"DelayedACKs": 1, "TCPTimeouts": 1, "TCPLossProbes": 1, "TcpTimeoutRehash": 1, "Tcp.PassiveOpens": 1, "Tcp.RetransSegs": 2}),
    (fin_wait_1_to_a_dead_peer, {}, 100_000,
     {"TCPLostRetransmit": 7, "TCPTimeouts": 9, "TCPLossProbes": 1, "TCPAbortOnTimeout": 1, "TcpTimeoutRehash": 8, "Tcp.ActiveOpens": 1,
      "Tcp.RetransSegs": 9},
     {"Tcp.PassiveOpens": 1}),
    (fin_lost, {}, 100_000,
     {"TCPLostRetransmit": 1, "TCPTimeouts": 2, "TCPLossProbes": 1, "TcpTimeoutRehash": 2, "Tcp.ActiveOpens": 1, "Tcp.RetransSegs": 3},
     {"Tcp.PassiveOpens": 1}),
    (syn_into_silence, {}, 100_000,
     {"TCPLostRetransmit": 9, "TCPTimeouts": 11, "TCPAbortOnTimeout": 1, "TCPSynRetrans": 10, "TcpTimeoutRehash": 10, "Tcp.ActiveOpens": 1,
      "Tcp.AttemptFails": 1, "Tcp.RetransSegs": 10},
     {}),
    (ecn_black_hole, {"tcp_ecn": 1}, 100_000,
     {"TCPTimeouts": 1, "TCPSynRetrans": 1, "TcpTimeoutRehash": 1, "Tcp.ActiveOpens": 1, "Tcp.RetransSegs": 1},
     {"Tcp.PassiveOpens": 1}),
    (close_with_data_read_by_nobody, {}, 100_000,
     {"TCPAbortOnClose": 1, "Tcp.ActiveOpens": 1, "Tcp.OutRsts": 1},
     {"DelayedACKs": 1, "Tcp.PassiveOpens": 1, "Tcp.EstabResets": 1}),
    (closing_on_both_sides, {}, 100_000,
     {"Tcp.ActiveOpens": 1},
     {"Tcp.PassiveOpens": 1}),
]  # fmt: skip


def counted(stack: Stack) -> Counted:
    """What moved, by the names of the evidence."""
    blocks = ("Tcp.", "TcpExt.")
    return {name.removeprefix("TcpExt."): value for name, value in stack.counters.items()
            if value and name.startswith(blocks) and name not in INSIDE}  # fmt: skip


@pytest.mark.parametrize(("story", "knobs", "delay_ns", "client", "server"), CASES, ids=[case[0].__name__ for case in CASES])
def test_the_same_counters_move_by_as_much(story: Story, knobs: dict[str, int], delay_ns: int, client: Counted, server: Counted) -> None:
    scene = Scene(client=knobs, delay_ns=delay_ns)
    story(scene)
    assert counted(scene.pair.client) == client
    assert counted(scene.pair.server) == server


def test_nearly_every_request_waits_for_a_delayed_ack_where_writes_are_split() -> None:
    """The kernel counted 39 of 40; whether the first one waits depends on how quickly the program reads."""
    scene = Scene(client={}, delay_ns=100_000)
    start = scene.pair.now_ns
    nagle_meets_delayed_ack(scene)
    assert scene.pair.server.counters["TcpExt.DelayedACKs"] in (39, 40)
    assert scene.pair.now_ns - start > 39 * 40 * MILLISECOND_NS
