from __future__ import annotations

import io

from estab.capture.reader import Reader
from estab.lab.faults import Drop, FaultRule
from estab.lab.match import DATA
from estab.lab.octets import encode
from estab.lab.tap import Tap
from estab.lab.world import World
from estab.lives import Life
from tests.lab.wires import Wire, data, syn


def rows(capture: bytes) -> list[tuple[int, int]]:
    with Reader(["-"], stdin=io.BytesIO(capture), life=Life.INTERPRETED) as reader:
        return [(row.time_ns, row.seq) for chunk in reader for row in chunk.rows[: chunk.count]]


def played(world: World, *, drops: bool = True) -> tuple[Wire, dict[str, Tap]]:
    wire = Wire(world)
    link = wire.world.link(wire.one, wire.other, delay="10ms")
    taps = {"one": world.tap(wire.one), "other": world.tap(wire.other.port), "link": world.tap(link)}
    if drops:
        link.add(FaultRule(DATA, Drop()))
    wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), syn(7))
    wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), data(8))
    world.run_for("1s")
    return wire, taps


def test_each_tap_sees_what_passes_it_when_it_passes() -> None:
    world = World(seed=1)
    start_ns = world.now_ns
    _, taps = played(world)
    assert rows(taps["one"].pcapng()) == [(start_ns, 7), (start_ns, 8)]
    assert rows(taps["other"].pcapng()) == [(start_ns + 10_000_000, 7)]
    assert rows(taps["link"].pcapng()) == [(start_ns, 7)]


def test_observers_see_packets_with_their_numbers() -> None:
    world, seen = World(seed=1), list[tuple[int, str, int]]()
    wire = Wire(world)
    world.link(wire.one, wire.other)
    tap = world.tap(wire.one)
    tap.observers.append(lambda datum, time_ns, frame: seen.append((frame, datum.source, time_ns)))
    tap.keeps_bytes = False
    wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), syn(7))
    wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), data(8))
    assert seen == [(1, "10.0.0.1", world.now_ns), (2, "10.0.0.1", world.now_ns)] and tap.count == 2
    assert rows_or_none(tap.pcapng()) == []


def rows_or_none(capture: bytes) -> list[tuple[int, int]]:
    return rows(capture)


def test_why_a_packet_went_no_further_is_written_beside_it() -> None:
    _, taps = played(World(seed=1, timeline=True))
    capture = taps["one"].pcapng("a run")
    assert b"one>other: dropped by a rule" in capture and b"a run" in capture
    assert b"dropped by a rule" not in taps["other"].pcapng()


def test_the_packet_is_written_as_it_was_when_it_passed() -> None:
    world = World(seed=1)
    wire = Wire(world)
    router = world.router("router")
    world.link(wire.one, router)
    world.link(router, wire.other)
    tap = world.tap(wire.one)
    wire.one.send(("10.0.0.1", 1), ("10.0.0.2", 2), syn(7))
    world.run_for("1s")
    (arrived,) = wire.other.packets
    assert arrived.ttl == 63 and encode(arrived) not in tap.pcapng()
    arrived.ttl = 64
    assert encode(arrived) in tap.pcapng()
