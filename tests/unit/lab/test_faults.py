from __future__ import annotations

from typing import Any

import pytest

from estab.lab.faults import (
    Alter,
    Delay,
    Drop,
    Duplicate,
    FaultRule,
    Reject,
    Reset,
    Rewrite,
    after,
    every,
    first,
    nth,
    reset_against,
)
from estab.lab.match import DATA
from estab.lab.packets import Datum
from estab.lab.timeline import FaultRecord
from estab.lab.world import World
from estab.wire.segment import ACK, FIN, RST, SYN, IcmpKind, Packet, Segment
from tests.lab.wires import Wire, data, seqs

MS = 1_000_000


def run(rule: FaultRule, *, count: int = 6, every_ms: int = 10, world: World | None = None) -> Wire:
    wire = Wire(world or World(seed=1))
    link = wire.world.link(wire.one, wire.other, delay="1ms")
    link.add(rule, toward=wire.other)
    wire.one.repeat(count, every_ms * MS, lambda number: wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), data(number)))
    wire.world.run_for("1s")
    return wire


@pytest.mark.parametrize(
    ("choice", "left"), [(nth(2, 4), [0, 2, 4, 5]), (first(2), [2, 3, 4, 5]), (after(4), [0, 1, 2, 3]), (every(3), [0, 1, 3, 4])]
)
def test_which_of_the_packets_that_match(choice: Any, left: list[int]) -> None:
    rule = FaultRule(DATA, Drop(), choice=choice)
    assert seqs(run(rule).other.packets) == left
    assert rule.seen == 6 and rule.hits == 6 - len(left)


def test_a_rule_holds_between_two_times() -> None:
    rule = FaultRule(DATA, Drop(), since="15ms", until="30ms")
    assert seqs(run(rule).other.packets) == [0, 1, 3, 4, 5]  # what is sent at 30 ms is beyond it
    assert rule.seen == rule.hits == 1


def test_what_does_not_match_passes_uncounted() -> None:
    rule = FaultRule(~DATA, Drop())
    assert len(run(rule).other.packets) == 6 and rule.seen == 0


def test_the_delayed_are_overtaken() -> None:
    wire = run(FaultRule(DATA, Delay("15ms"), choice=nth(1)), count=3)
    assert seqs(wire.other.packets) == [1, 0, 2] and wire.other.times_ns[1] == 16 * MS


def test_copies_follow() -> None:
    wire = run(FaultRule(DATA, Duplicate(2, after="3ms"), choice=nth(1)), count=1)
    assert wire.other.times_ns == [1 * MS, 4 * MS, 7 * MS]
    assert len({id(packet.segment) for packet in wire.other.packets}) == 1


def test_marks_and_damage() -> None:
    assert [packet.ecn for packet in run(FaultRule(DATA, Alter.MARK), count=1).other.packets] == [3]
    assert [packet.corrupt for packet in run(FaultRule(DATA, Alter.CORRUPT), count=1).other.packets] == [True]


def test_a_rejected_packet_is_told_of_by_icmp() -> None:
    wire = run(FaultRule(DATA, Reject(IcmpKind.PORT_UNREACHABLE, reporter="10.9.9.9")), count=1)
    assert not wire.other.packets
    (error,) = wire.one.errors
    assert (error.kind, error.source, error.quoted.segment.seq) == (IcmpKind.PORT_UNREACHABLE, "10.9.9.9", 0)
    assert error.error().local == "10.0.0.1" and error.error().remote_port == 2


def test_a_reset_seems_to_come_from_the_other_end() -> None:
    wire = run(FaultRule(DATA, Reset(ttl=33)), count=1)
    (answer,) = wire.one.packets
    assert (answer.source, answer.source_port, answer.segment.flags, answer.segment.seq, answer.ttl) == ("10.0.0.2", 2, RST, 1, 33)


@pytest.mark.parametrize(
    ("segment", "seq", "ack", "flags"),
    [
        (Segment(100, 0, SYN, 0), 0, 101, RST | ACK),
        (Segment(100, 7, ACK, 0, b"xy"), 7, 0, RST),
        (Segment(0xFFFFFFFF, 0, FIN, 0, b"x"), 0, 1, RST | ACK),
    ],
)
def test_the_rst_that_nobody_would_answer(segment: Segment, seq: int, ack: int, flags: int) -> None:
    answer = reset_against(Packet("a", 1, "b", 2, segment)).segment
    assert (answer.seq, answer.ack, answer.flags) == (seq, ack, flags)


def test_rewriting_leaves_the_original_alone() -> None:
    kept: list[Datum] = []

    def change(datum: Datum) -> Datum:
        kept.append(datum)
        datum.ttl = 9
        return datum

    wire = run(FaultRule(DATA, Rewrite(change)), count=1)
    assert wire.other.packets[0].ttl == 9 and wire.other.packets[0] is kept[0]


def test_a_rule_can_be_stopped() -> None:
    wire = Wire()
    link = wire.world.link(wire.one, wire.other)
    rule = link.add(FaultRule(DATA, Drop()))
    wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), data(0))
    rule.stop(wire.world.now_ns)
    wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), data(1))
    wire.world.run_for("1s")
    assert seqs(wire.other.packets) == [1]


def test_the_timeline_tells_the_rule() -> None:
    wire = run(FaultRule(DATA, Drop(), choice=nth(1)), count=1, world=World(timeline=True))
    assert wire.world.timeline is not None
    (fault,) = wire.world.timeline.records
    assert isinstance(fault, FaultRecord) and fault.rule == "drop data" and "seq 0:1000" in fault.packet and fault.where == "one>other"
