from __future__ import annotations

import ipaddress

from estab.lab.actors.flood import ConnectionFlood, SynFlood
from estab.wire.segment import ACK, RST, SYN, Segment
from tests.lab.wires import Wire


def test_a_syn_flood_forges_its_sources() -> None:
    wire = Wire()
    wire.world.link(wire.one, wire.other)
    SynFlood(wire.one, ("10.0.0.2", 80)).start(100, rate=1000)
    wire.world.run_for("50ms")
    assert len(wire.other.packets) == 51
    wire.world.run_for("1s")
    packets = wire.other.packets
    network = ipaddress.ip_network("198.18.0.0/15")
    assert len(packets) == 100 and {packet.segment.flags for packet in packets} == {SYN}
    assert all(ipaddress.ip_address(packet.source) in network for packet in packets)
    assert len({(packet.source, packet.source_port) for packet in packets}) > 95


def test_answers_to_forged_sources_vanish() -> None:
    wire = Wire()
    router = wire.world.router("router")
    wire.world.link(wire.one, router)
    wire.world.link(router, wire.other)
    SynFlood(wire.one, ("10.0.0.2", 80)).start(1, rate=1000)
    wire.world.run_for("1s")
    (packet,) = wire.other.packets
    wire.other.send(("10.0.0.2", 80), (packet.source, packet.source_port), Segment(1, packet.segment.seq + 1, SYN | ACK, 9))
    wire.world.run_for("1s")
    assert not wire.other.errors and not wire.one.packets


def test_a_connection_flood_finishes_its_handshakes() -> None:
    wire = Wire()
    wire.world.link(wire.one, wire.other)
    flood = ConnectionFlood(wire.one, ("10.0.0.2", 80))
    flood.start(3, rate=1000, first_port=5000)
    wire.world.run_for("1s")
    assert [packet.source_port for packet in wire.other.packets] == [5000, 5001, 5002]
    opened = wire.other.packets[0]
    wire.other.send(("10.0.0.2", 80), ("10.0.0.1", 5000), Segment(77, opened.segment.seq + 1, SYN | ACK, 9))
    wire.other.send(("10.0.0.2", 80), ("10.0.0.1", 5001), Segment(0, 0, RST | ACK, 0))
    wire.world.run_for("1s")
    answer = wire.other.packets[-1].segment
    assert (answer.flags, answer.seq, answer.ack) == (ACK, opened.segment.seq + 1, 78)
    assert (flood.opened, flood.refused, len(wire.other.packets)) == (1, 1, 4)
