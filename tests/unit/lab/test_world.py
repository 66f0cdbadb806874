from __future__ import annotations

import pytest

from estab.errors import MisuseError
from estab.instant import SECOND_NS
from estab.lab.clock import EPOCH_NS
from estab.lab.process import Process
from estab.lab.world import World
from estab.machine.states import State
from tests.lab.nets import Net, ask, echo


def test_names_are_used_once_and_addresses_may_be_left_out() -> None:
    world = World()
    assert [world.host("a").address, world.host("b").address] == ["10.0.0.1", "10.0.0.2"]
    with pytest.raises(MisuseError, match="a node a already"):
        world.host("a")


def test_knobs_of_hosts_and_what_outweighs_them() -> None:
    world = World(overrides={"": {"tcp_retries2": "5"}, "b": {"somaxconn": 9}})
    a, b = world.host("a", tcp_retries2=8, somaxconn=4), world.host("b", somaxconn=4)
    assert (a.knobs.tcp_retries2, a.knobs.somaxconn, b.knobs.tcp_retries2, b.knobs.somaxconn) == (5, 4, 5, 9)


def test_time_passes_as_it_is_told_to() -> None:
    world, seen = World(), list[int]()
    world.at("2s", lambda: seen.append(world.elapsed_ns))
    world.run_for("1s")
    assert world.now_ns == EPOCH_NS + SECOND_NS and not seen
    assert world.run_until("3s") and seen == [2 * SECOND_NS] and world.elapsed_ns == 3 * SECOND_NS
    assert not world.run_until(lambda: len(seen) > 1)
    assert not world.step()


def test_a_program_from_outside() -> None:
    net = Net()
    net.server.run(echo)
    conn = net.world.do(net.client.connect("10.0.0.2", 80))
    assert net.world.elapsed_ns == 10_000_000
    net.world.do(conn.send_all(b"hello"))
    assert net.world.do(conn.recv()) == b"hello"
    with pytest.raises(OSError, match="ECONNREFUSED"):
        net.world.do(net.client.connect("10.0.0.2", 81))


def test_a_program_that_waits_for_ever_is_told_of() -> None:
    world = World()
    host = world.host("a")
    listener = host.listen(80)
    with pytest.raises(MisuseError, match="waits for ever"):
        world.do(listener.accept())


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    def capture(seed: int) -> bytes:
        net = Net(seed=seed, timeline=True, jitter="1ms")
        tap = net.world.tap(net.client)
        net.server.run(echo)
        net.client.run(ask)
        net.world.run_for("90s")
        return tap.pcapng()

    assert capture(1) == capture(1) != capture(2)


def test_notes_and_losses_are_kept() -> None:
    net = Net(timeline=True)
    net.world.note("something", where="here")
    assert net.told == ["here something"]


def test_programs_that_are_dismissed_close_nothing() -> None:
    net = Net()

    async def hold(host: Process) -> None:
        with await host.connect("10.0.0.2", 80) as conn:
            await conn.recv()

    net.server.run(echo)
    task = net.client.run(hold)
    net.world.run_for("1s")
    sent = net.client.counter("Tcp.OutSegs")
    net.world.dismiss()
    net.world.run_for("1min")
    assert task.done and net.client.counter("Tcp.OutSegs") == sent and [one.state for one in net.client.sockets()] == [State.ESTABLISHED]
