from __future__ import annotations

from estab.lab.actors.blind import BlindGuesser
from estab.wire.segment import RST, SYN
from tests.lab.wires import Wire

FORGED, TARGET = ("192.0.2.1", 7), ("10.0.0.2", 8)


def test_guesses_divide_the_sequence_space() -> None:
    wire = Wire()
    wire.world.link(wire.one, wire.other)
    BlindGuesser(wire.one, FORGED, TARGET).start(4, rate=1000)
    wire.world.run_for("1s")
    assert [packet.segment.seq for packet in wire.other.packets] == [0, 1 << 30, 1 << 31, 3 << 30]
    assert {(packet.source, packet.segment.flags) for packet in wire.other.packets} == {("192.0.2.1", RST)}


def test_or_go_on_from_a_number() -> None:
    wire = Wire()
    wire.world.link(wire.one, wire.other)
    BlindGuesser.of_syn(wire.one, FORGED, TARGET).start(2, rate=1000, first=0xFFFFFFF0, step=0x20)
    wire.world.run_for("1s")
    assert [(packet.segment.seq, packet.segment.flags) for packet in wire.other.packets] == [(0xFFFFFFF0, SYN), (0x10, SYN)]
