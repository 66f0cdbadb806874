from __future__ import annotations

import pytest

from estab.errors import MisuseError
from estab.lab.clock import Limits, RunawayError
from estab.lab.loss import Bernoulli, nth
from estab.lab.pipe import Path
from estab.lab.timeline import Loss
from estab.lab.world import World
from tests.lab.wires import Wire, data, seqs

MS = 1_000_000
LENGTH = 1040


def send(wire: Wire, count: int, *, ecn: int = 0) -> None:
    for number in range(count):
        wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), data(number), ecn=ecn)


def test_an_ideal_cable_delays_by_its_delay() -> None:
    wire = Wire()
    wire.world.link(wire.one, wire.other, delay="10ms")
    send(wire, 3)
    wire.world.run_for("1s")
    assert wire.other.times_ns == [10 * MS] * 3 and seqs(wire.other.packets) == [0, 1, 2]


def test_the_ways_differ() -> None:
    wire = Wire()
    link = wire.world.link(wire.one, wire.other, delay="10ms", back=Path(delay="30ms"))
    assert link.toward(wire.other).delay_ns == 10 * MS and link.toward(wire.one).delay_ns == 30 * MS
    wire.other.send(("10.0.0.2", 2), ("10.0.0.1", 1), data(0))
    wire.world.run_for("1s")
    assert wire.one.times_ns == [30 * MS]


def test_a_rate_sends_one_packet_after_the_other() -> None:
    wire = Wire()
    wire.world.link(wire.one, wire.other, delay="1ms", rate=LENGTH * 8 * 1000)  # one packet a millisecond
    send(wire, 3)
    wire.world.run_for("5ms")
    send(wire, 1)
    wire.world.run_for("1s")
    assert wire.other.times_ns == [2 * MS, 3 * MS, 4 * MS, 7 * MS]


def test_the_queue_drops_its_tail() -> None:
    wire = Wire()
    link = wire.world.link(wire.one, wire.other, rate=LENGTH * 8 * 1000, queue_packets=2)
    send(wire, 5)
    wire.world.run_for("1s")
    assert seqs(wire.other.packets) == [0, 1, 2]  # one on the wire, two waiting
    assert wire.world.losses == {Loss.QUEUE_FULL: 2} and link.toward(wire.other).lost == 2
    send(wire, 1)
    wire.world.run_for("1s")
    assert len(wire.other.packets) == 4


def test_a_queue_may_be_bounded_in_bytes() -> None:
    wire = Wire()
    wire.world.link(wire.one, wire.other, rate=LENGTH * 8 * 1000, queue_bytes=2 * LENGTH)
    send(wire, 3)
    wire.world.run_for("1s")
    assert seqs(wire.other.packets) == [0, 1]


def test_a_long_queue_marks_who_understands_marks() -> None:
    wire = Wire()
    link = wire.world.link(wire.one, wire.other, rate=LENGTH * 8 * 1000, mark_bytes=2 * LENGTH)
    send(wire, 4, ecn=2)
    send(wire, 1)
    wire.world.run_for("1s")
    assert [packet.ecn for packet in wire.other.packets] == [2, 2, 3, 3, 0] and link.toward(wire.other).marked == 2


def test_losses_duplicates_and_damage_are_as_asked_for() -> None:
    wire = Wire()
    link = wire.world.link(wire.one, wire.other, loss=nth(2))
    send(wire, 3)
    wire.world.run_for("1s")
    assert seqs(wire.other.packets) == [0, 2] and wire.world.losses == {Loss.CHANCE: 1}
    link.change(loss=None, duplicate=1.0)
    send(wire, 1)
    wire.world.run_for("1s")
    assert seqs(wire.other.packets)[2:] == [0, 0]
    first, second = wire.other.packets[2:]
    assert first is not second and first.segment is second.segment and first.ip_id == second.ip_id
    link.change(duplicate=0.0, corrupt=1.0)
    send(wire, 1)
    wire.world.run_for("1s")
    assert wire.other.packets[-1].corrupt and not first.corrupt


def test_what_is_reordered_is_overtaken() -> None:
    wire = Wire()
    wire.world.link(wire.one, wire.other, delay="10ms", reorder=0.3, reorder_by="2ms")
    send(wire, 40)
    wire.world.run_for("1s")
    assert set(wire.other.times_ns) == {10 * MS, 12 * MS}
    assert sorted(seqs(wire.other.packets)) == list(range(40)) != seqs(wire.other.packets)


def test_jitter_keeps_the_order() -> None:
    wire = Wire()
    wire.world.link(wire.one, wire.other, delay="10ms", jitter="5ms")
    send(wire, 40)
    wire.world.run_for("1s")
    assert seqs(wire.other.packets) == list(range(40))
    assert len(set(wire.other.times_ns)) > 1 and max(wire.other.times_ns) <= 15 * MS


def test_a_change_holds_from_now_on() -> None:
    wire = Wire()
    link = wire.world.link(wire.one, wire.other)
    send(wire, 1)
    link.toward(wire.other).change(loss=Bernoulli(1.0))
    send(wire, 1)
    wire.world.run_for("1s")
    assert len(wire.other.packets) == 1


def test_what_no_link_can_be_is_refused() -> None:
    with pytest.raises(MisuseError, match="duplicate is a probability"):
        Path(duplicate=2.0)
    with pytest.raises(MisuseError, match="at least 68"):
        Path(mtu_bytes=10)


def test_packets_without_end_stop_the_run() -> None:
    wire = Wire(World(limits=Limits(packets=5)))
    wire.world.link(wire.one, wire.other)
    with pytest.raises(RunawayError):
        send(wire, 6)
