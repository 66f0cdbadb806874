from __future__ import annotations

from estab.lab.actors.raw import RawActor
from estab.wire.segment import Packet
from tests.lab.wires import Wire, data


def test_an_actor_speaks_in_anybodys_name_and_hears_its_own() -> None:
    wire, heard = Wire(), list[Packet]()
    wire.world.link(wire.one, wire.other)
    wire.other.on_packet = heard.append
    wire.one.send(("192.0.2.1", 7), ("10.0.0.2", 8), data(0), ttl=9)
    wire.one.send(("10.0.0.1", 7), ("10.0.0.3", 8), data(1))
    wire.world.run_for("1ms")
    assert [(packet.source, packet.ttl) for packet in heard] == [("192.0.2.1", 9)]
    assert (wire.one.sent, wire.other.received) == (2, 2)


def test_its_packets_are_numbered() -> None:
    wire = Wire()
    wire.world.link(wire.one, wire.other)
    for number in range(2):
        wire.one.send(("10.0.0.1", 7), ("10.0.0.2", 8), data(number))
    wire.world.run_for("1ms")
    first, second = (packet.ip_id for packet in wire.other.packets)
    assert second == (first + 1) & 0xFFFF


def test_repeating() -> None:
    wire, times = Wire(), list[tuple[int, int]]()
    actor: RawActor = wire.one
    actor.repeat(3, 1000, lambda number: times.append((number, wire.world.elapsed_ns)), after_ns=500)
    actor.repeat(0, 1000, lambda number: times.append((99, number)))
    wire.world.run_for("1ms")
    assert times == [(0, 500), (1, 1500), (2, 2500)]
