from __future__ import annotations

from estab.lab.balancer import Balancer
from estab.lab.conntrack import Stranger
from estab.lab.world import World
from estab.wire.segment import ACK, RST, SYN, Packet, Segment
from tests.lab.wires import Ear, data, syn

VIP = "203.0.113.1"


class Net:
    """A client, a balancer, two backends that answer SYNs while they are `up`."""

    def __init__(self, **options: object) -> None:
        self.world = World(seed=1)
        self.client = Ear(self.world, "client", "198.51.100.5")
        self.balancer = Balancer(self.world, "balancer", (VIP, "10.0.0.1"), port=80, **options)  # type: ignore[arg-type]
        self.servers = [Ear(self.world, name, f"10.0.0.{10 + number}") for number, name in enumerate("ab")]
        self.up = {"a", "b"}
        self.world.link(self.client, self.balancer)
        for server in self.servers:
            self.world.link(self.balancer, server)
            server.on_packet = self.answer
        self.balancer.serve(*self.servers)  # type: ignore[arg-type]

    def answer(self, packet: Packet) -> None:
        server = next(server for server in self.servers if server.address == packet.destination)
        if packet.segment.flags == SYN and server.name in self.up:
            answer = Segment(9, (packet.segment.seq + 1) & 0xFFFFFFFF, SYN | ACK, 1000)
            server.send((packet.destination, packet.destination_port), (packet.source, packet.source_port), answer)

    def open(self, port: int) -> None:
        self.client.send((self.client.address, port), (VIP, 80), syn())
        self.world.run_for("10ms")


def test_connections_are_spread_and_answers_come_from_the_balancer() -> None:
    net = Net()
    for port in (1, 2, 3):
        net.open(port)
    assert [backend.connections for backend in net.balancer.backends] == [2, 1]
    assert {packet.source for packet in net.servers[0].packets} == {"10.0.0.1"}
    assert [(packet.source, packet.destination_port) for packet in net.client.packets] == [(VIP, 1), (VIP, 2), (VIP, 3)]


def test_a_connection_stays_with_its_backend() -> None:
    net = Net()
    net.open(1)
    net.client.send((net.client.address, 1), (VIP, 80), data(101))
    net.world.run_for("10ms")
    assert len(net.servers[0].packets) == 2 and not net.servers[1].packets


def test_idle_connections_are_forgotten_and_answered_by_rst() -> None:
    net = Net(idle="10s")
    net.open(1)
    net.client.send((net.client.address, 1), (VIP, 80), Segment(101, 10, ACK, 9))
    net.world.run_for("11s")
    net.client.send((net.client.address, 1), (VIP, 80), data(101))
    net.world.run_for("10ms")
    assert net.client.packets[-1].segment.flags == RST


def test_or_silently() -> None:
    net = Net(idle="10s", stranger=Stranger.DROP)
    net.open(1)
    net.client.send((net.client.address, 1), (VIP, 80), Segment(101, 10, ACK, 9))
    net.world.run_for("11s")
    heard = net.client.received
    net.client.send((net.client.address, 1), (VIP, 80), data(101))
    net.world.run_for("10ms")
    assert net.client.received == heard


def test_health_checks_end_by_rst_and_take_dead_backends_out() -> None:
    net = Net()
    net.balancer.check_health(every="5s", timeout="1s")
    net.world.run_for("5.5s")
    assert [packet.segment.flags for packet in net.servers[0].packets] == [SYN, RST]
    net.up = {"b"}
    net.world.run_for("12s")
    assert [backend.is_up for backend in net.balancer.backends] == [False, True]
    for port in (1, 2):
        net.open(port)
    assert [backend.connections for backend in net.balancer.backends] == [0, 2]
    net.up = {"a", "b"}
    net.world.run_for("6s")
    assert net.balancer.backends[0].is_up


def test_without_a_backend_nobody_is_let_in() -> None:
    net = Net()
    for backend in net.balancer.backends:
        backend.is_up = False
    net.open(1)
    assert not net.client.packets and not net.servers[0].packets
