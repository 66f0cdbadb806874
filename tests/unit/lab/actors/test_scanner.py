from __future__ import annotations

from estab.lab.actors.scanner import PortScanner, PortState
from estab.lab.faults import reset_against
from estab.wire.segment import ACK, RST, SYN, Packet, Segment
from tests.lab.wires import Wire


def test_ports_are_open_closed_or_silent() -> None:
    wire = Wire()
    wire.world.link(wire.one, wire.other)

    def answer(packet: Packet) -> None:
        if packet.segment.flags != SYN:
            return
        if packet.destination_port == 80:
            reply = Segment(9, packet.segment.seq + 1, SYN | ACK, 1000)
            wire.other.send(("10.0.0.2", 80), (packet.source, packet.source_port), reply)
        elif packet.destination_port == 81:
            refusal = reset_against(packet)
            wire.other.send(("10.0.0.2", 81), (packet.source, packet.source_port), refusal.segment)

    wire.other.on_packet = answer
    scanner = PortScanner(wire.one, "10.0.0.2")
    scanner.start([80, 81, 82], rate=100)
    wire.world.run_for("1s")
    assert scanner.found == {80: PortState.OPEN, 81: PortState.CLOSED, 82: PortState.SILENT}
    assert [packet.segment.flags for packet in wire.other.packets if packet.destination_port == 80] == [SYN, RST]
