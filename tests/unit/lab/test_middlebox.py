from __future__ import annotations

from estab.lab.match import DATA
from estab.lab.middlebox import EcnBleach, Meddler, Middlebox, MssClamp, OptionStripper, ResetInjector, SequenceShift
from estab.wire.segment import ACK, RST, Packet, Segment
from tests.lab.wires import Wire, data, syn

ONE, OTHER = ("10.0.0.1", 1), ("10.0.0.2", 2)


def wire_with(box: Middlebox) -> Wire:
    wire = Wire()
    wire.world.link(wire.one, wire.other, delay="1ms").insert(box)
    return wire


def forth(wire: Wire, segment: Segment, ecn: int = 0) -> Packet:
    wire.one.send(ONE, OTHER, segment, ecn=ecn)
    wire.world.run_for("10ms")
    return wire.other.packets[-1]


def back(wire: Wire, segment: Segment) -> Packet:
    wire.other.send(OTHER, ONE, segment)
    wire.world.run_for("10ms")
    return wire.one.packets[-1]


def test_a_box_without_a_purpose_changes_nothing() -> None:
    segment = syn()
    assert forth(wire_with(Middlebox()), segment).segment is segment


def test_options_are_stripped_from_a_copy() -> None:
    segment = syn()
    seen = forth(wire_with(OptionStripper(window_scale=True, timestamps=True)), segment).segment
    assert seen.syn is not None and segment.syn is not None
    assert (seen.syn.window_scale, seen.syn.mss_bytes, seen.syn.sack_permitted, seen.tsval) == (None, 1460, True, None)
    assert segment.syn.window_scale == 7 and segment.tsval == 1


def test_sack_goes_from_syns_and_from_acks() -> None:
    wire = wire_with(OptionStripper(sack=True))
    seen = forth(wire, syn()).segment.syn
    assert seen is not None and not seen.sack_permitted
    assert back(wire, Segment(1, 2, ACK, 9, sack=((5, 6),))).segment.sack == ()


def test_an_mss_is_clamped_only_downwards() -> None:
    seen = forth(wire_with(MssClamp(1400)), syn()).segment.syn
    assert seen is not None and seen.mss_bytes == 1400
    seen = forth(wire_with(MssClamp(9000)), syn()).segment.syn
    assert seen is not None and seen.mss_bytes == 1460


def test_numbers_are_shifted_there_and_back() -> None:
    wire = wire_with(SequenceShift(by=1000))
    assert forth(wire, data(0xFFFFFFFF)).segment.seq == 999
    answer = back(wire, Segment(7, 1999, ACK, 9, sack=((2000, 2100),))).segment
    assert (answer.seq, answer.ack, answer.sack) == (7, 999, ((1000, 1100),))
    forgetful = wire_with(SequenceShift(by=1000, forgets_sack=True))
    assert back(forgetful, Segment(7, 1999, ACK, 9, sack=((2000, 2100),))).segment.sack == ((2000, 2100),)


def test_marks_are_bleached() -> None:
    assert forth(wire_with(EcnBleach()), data(0), ecn=2).ecn == 0


def test_resets_are_injected_once_with_exact_numbers() -> None:
    box = ResetInjector(DATA, ttl=99)
    wire = wire_with(box)
    wire.one.send(ONE, OTHER, Segment(100, 55, ACK, 9, b"GET"))
    wire.world.run_for("10ms")
    (to_one,) = wire.one.packets
    assert (to_one.segment.flags, to_one.segment.seq, to_one.ttl, to_one.source) == (RST, 55, 99, "10.0.0.2")
    passed, to_other = wire.other.packets
    assert passed.segment.payload == b"GET" and (to_other.segment.flags, to_other.segment.seq) == (RST, 103)
    forth(wire, Segment(103, 55, ACK, 9, b"more"))
    assert box.injected == 2


def test_a_box_may_swallow_what_it_resets() -> None:
    wire = wire_with(ResetInjector(DATA, swallows=True, both_ends=False))
    wire.one.send(ONE, OTHER, Segment(100, 55, ACK, 9, b"GET"))
    wire.world.run_for("10ms")
    assert not wire.other.packets and len(wire.one.packets) == 1


def test_a_meddler_does_as_it_is_told() -> None:
    wire = wire_with(Meddler(outwards=lambda packet: None if packet.segment.payload else packet))
    wire.one.send(ONE, OTHER, data(0))
    assert back(wire, data(3)).segment.seq == 3
    assert not wire.other.packets
