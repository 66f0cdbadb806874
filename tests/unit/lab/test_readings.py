"""Hosts of the lab, read as a kernel is."""

from __future__ import annotations

from estab.instant import SECOND_NS
from estab.lab.process import Process
from estab.lab.readings import FIRST_PID, HostReadings, read_host
from estab.lab.stage import pair
from estab.lab.world import World
from estab.machine.states import State


async def serve(process: Process) -> None:
    listener = process.listen(80)
    await listener.accept()
    await process.sleep("1h")


async def ask(process: Process) -> None:
    await process.connect("10.0.0.2", 80)
    await process.sleep("1h")


def test_sockets_have_owners_and_counters_have_the_kernel_s_names() -> None:
    world = World(seed=1)
    net = pair(world)
    net.server.run(serve)
    net.client.run(ask)
    world.clock.run_until(world.now_ns + SECOND_NS)
    snapshot = read_host(net.server)
    assert sorted(State(state) for state in snapshot.sockets["state"].tolist()) == [State.LISTEN, State.ESTABLISHED]
    held = {inode: [owner.command for owner in owners] for inode, owners in snapshot.owners.items()}
    assert set(map(tuple, held.values())) == {("serve",)} and set(held) == set(snapshot.sockets["inode"].tolist())
    assert {owner.pid for owners in snapshot.owners.values() for owner in owners} == {FIRST_PID}
    assert snapshot.counters["Tcp.PassiveOpens"] == 1


def test_readings_stand_at_whole_steps_and_no_pair_spans_a_boot() -> None:
    world = World(seed=1)
    net = pair(world)
    readings = HostReadings(world, SECOND_NS)
    world.clock.run_until(world.now_ns + int(2.5 * SECOND_NS))
    net.server.reboot("1s")
    world.clock.run_until(world.now_ns + int(3.2 * SECOND_NS))
    spans: dict[str, list[tuple[float, float]]] = {}
    begin = world.now_ns - world.elapsed_ns
    for name, before, after in readings.pairs():
        spans.setdefault(name, []).append(((before.taken_ns - begin) / SECOND_NS, (after.taken_ns - begin) / SECOND_NS))
    assert spans["client"] == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert spans["server"] == [(0, 1), (1, 2), (4, 5)]
