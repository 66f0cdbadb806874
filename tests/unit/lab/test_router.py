from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from estab.instant import SECOND_NS
from estab.lab.conntrack import Stranger, TableSettings, TrackState
from estab.lab.match import port
from estab.lab.router import Router
from estab.lab.timeline import Loss
from estab.lab.world import World
from estab.wire.segment import ACK, RST, SYN, IcmpKind, Packet, Segment
from tests.lab.wires import Ear, data, syn

IN, OUT, WEB = ("10.0.1.2", 4000), ("203.0.113.9", 80), ("203.0.113.1", 80)


@dataclass
class Net:
    """Two ears with a router between them."""

    world: World = field(default_factory=lambda: World(seed=1))

    def __post_init__(self) -> None:
        self.inside, self.outside = Ear(self.world, "inside", IN[0]), Ear(self.world, "outside", OUT[0])
        self.router: Router = self.world.router("router", "203.0.113.1", "10.0.1.1")
        self.near, self.far = self.world.link(self.inside, self.router), self.world.link(self.router, self.outside)

    def out(self, segment: Segment, *, ttl: int = 64, target: tuple[str, int] = OUT) -> None:
        self.inside.send(IN, target, segment, ttl=ttl)
        self.world.run_for("10ms")

    def back(self, segment: Segment, target: tuple[str, int] = IN, source: tuple[str, int] = OUT) -> None:
        self.outside.send(source, target, segment)
        self.world.run_for("10ms")


def ends(packet: Packet) -> tuple[tuple[str, int], tuple[str, int]]:
    return (packet.source, packet.source_port), (packet.destination, packet.destination_port)


def test_packets_go_on_with_a_smaller_ttl() -> None:
    net = Net()
    net.out(syn())
    (packet,) = net.outside.packets
    assert packet.ttl == 63 and ends(packet) == (IN, OUT) and net.router.forwarded == 1


def test_a_ttl_that_runs_out_is_told() -> None:
    net = Net()
    net.out(syn(), ttl=1)
    assert not net.outside.packets and net.world.losses == {Loss.TTL: 1}
    (error,) = net.inside.errors
    assert error.kind is IcmpKind.TIME_EXCEEDED and error.quoted.segment.flags == SYN


def test_no_route() -> None:
    net = Net()
    net.out(syn(), target=("192.0.2.77", 80))
    assert net.inside.errors[0].kind is IcmpKind.NET_UNREACHABLE and net.world.losses == {Loss.NO_ROUTE: 1}
    net.router.route("192.0.2.0/24", net.far)
    net.out(syn(), target=("192.0.2.77", 80))
    assert net.outside.received == 1
    net.router.route("203.0.113.8/29", None)
    net.out(syn())
    assert net.outside.received == 1 and len(net.inside.errors) == 1  # a black hole tells nobody


def test_what_is_too_big_is_told_or_swallowed() -> None:
    net = Net()
    net.far.change(mtu_bytes=1000)
    net.out(data(0, 980))
    (error,) = net.inside.errors
    assert (error.kind, error.mtu_bytes) == (IcmpKind.PACKET_TOO_BIG, 1000)
    net.out(data(0, 960))
    assert len(net.outside.packets) == 1
    net.router.tells.discard(IcmpKind.PACKET_TOO_BIG)
    net.out(data(0, 980))
    assert len(net.inside.errors) == 1 and net.world.losses[Loss.TOO_BIG] == 2


def test_refusals() -> None:
    net = Net()
    net.router.refuse(port(80))
    net.out(syn())
    assert net.world.losses == {Loss.FILTERED: 1} and not net.inside.errors
    net.router.refuse(port(81), IcmpKind.ADMIN_PROHIBITED)
    net.out(syn(), target=("203.0.113.9", 81))
    assert net.inside.errors[0].kind is IcmpKind.ADMIN_PROHIBITED


def test_the_router_itself_refuses_connections() -> None:
    net = Net()
    net.out(syn(), target=("10.0.1.1", 22))
    assert net.inside.packets[0].segment.flags == RST | ACK
    net.out(Segment(1, 1, RST, 0), target=("10.0.1.1", 22))
    assert len(net.inside.packets) == 1


def test_masquerading_there_and_back() -> None:
    net = Net()
    net.router.masquerade(net.far)
    net.out(syn())
    assert ends(net.outside.packets[0]) == (("203.0.113.1", 4000), OUT)
    net.back(Segment(9, 101, SYN | ACK, 1000), target=("203.0.113.1", 4000))
    assert ends(net.inside.packets[0]) == (OUT, IN)
    net.out(Segment(101, 10, ACK, 1000))
    assert net.router.table is not None
    (entry,) = net.router.table.entries()
    assert (entry.original, entry.reply, entry.state) == ((*IN, *OUT), (*OUT, "203.0.113.1", 4000), TrackState.ESTABLISHED)


def test_an_icmp_error_from_behind_a_nat_is_translated_back() -> None:
    net = Net()
    net.router.masquerade(net.far)
    net.out(syn())
    seen = net.outside.packets[0]
    from estab.lab.packets import IcmpPacket

    net.outside.port.send(IcmpPacket("203.0.113.9", "203.0.113.1", IcmpKind.PORT_UNREACHABLE, seen))
    net.world.run_for("10ms")
    (error,) = net.inside.errors
    assert ends(error.quoted) == (IN, OUT) and error.destination == IN[0]


def test_too_big_behind_a_nat_names_the_tuple_that_the_sender_knows() -> None:
    net = Net()
    net.router.masquerade(net.far)
    net.out(syn())
    net.far.change(mtu_bytes=1000)
    net.out(data(101, 1200))
    assert [ends(error.quoted) for error in net.inside.errors] == [(IN, OUT)]


def test_a_forwarded_port() -> None:
    net = Net()
    net.router.forward_port(80, ("10.0.1.2", 8080))
    net.back(syn(), target=WEB, source=("203.0.113.9", 5000))
    assert ends(net.inside.packets[0]) == (("203.0.113.9", 5000), ("10.0.1.2", 8080))
    net.inside.send(("10.0.1.2", 8080), ("203.0.113.9", 5000), Segment(1, 101, SYN | ACK, 1000))
    net.world.run_for("10ms")
    assert ends(net.outside.packets[0]) == (WEB, ("203.0.113.9", 5000))


def test_a_stateful_firewall_lets_in_only_answers() -> None:
    net = Net()
    net.router.let_out_only(net.near)
    net.back(syn())
    assert not net.inside.packets and net.world.losses == {Loss.FILTERED: 1}
    net.out(syn())
    net.back(Segment(9, 101, SYN | ACK, 1000))
    assert len(net.inside.packets) == 1


@pytest.mark.parametrize(("stranger", "passes", "resets"), [(Stranger.DROP, 0, 0), (Stranger.RESET, 0, 1), (Stranger.PICK_UP, 1, 0)])
def test_what_happens_to_connections_that_the_table_has_forgotten(stranger: Stranger, passes: int, resets: int) -> None:
    net = Net()
    net.router.track(TableSettings.idle(10 * SECOND_NS, stranger))
    net.out(syn())
    net.back(Segment(9, 101, SYN | ACK, 1000))
    net.out(Segment(101, 10, ACK, 1000))
    before = len(net.outside.packets)
    net.world.run_for("9s")
    net.out(data(101, 10))
    assert len(net.outside.packets) == before + 1
    net.world.run_for("11s")
    net.out(data(111, 10))
    assert len(net.outside.packets) == before + 1 + passes
    assert sum(bool(packet.segment.flags & RST) for packet in net.inside.packets) == resets


def test_a_full_table_drops_new_connections() -> None:
    net = Net()
    net.router.track(TableSettings(entries=1))
    net.out(syn())
    net.out(syn(), target=("203.0.113.9", 81))
    assert len(net.outside.packets) == 1 and net.world.losses == {Loss.TABLE_FULL: 1}
