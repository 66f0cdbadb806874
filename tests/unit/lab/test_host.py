from __future__ import annotations

import itertools

import pytest

from estab.lab.process import Process
from estab.lab.sockets import Conn
from estab.lab.timeline import Loss
from estab.machine.states import State
from estab.wire.segment import RST, Packet
from tests.lab.nets import Net, ask, echo


def connected(net: Net) -> tuple[Conn, Conn]:
    """A connection, seen from both ends."""
    listener = net.server.listen(80)
    conn = net.world.do(net.client.connect("10.0.0.2", 80))
    return conn, net.world.do(listener.accept())


def states(net: Net) -> tuple[list[State], list[State]]:
    return tuple([entry.state for entry in host.sockets() if entry.state is not State.LISTEN] for host in (net.client, net.server))  # type: ignore[return-value]


def test_a_host_wakes_for_its_timers_and_only_for_them() -> None:
    net = Net(timeline=True)
    net.server.run(echo)
    task = net.client.run(ask)
    net.world.run_for("10s")
    assert task.result == b"hello" and states(net) == ([State.TIME_WAIT], [])
    done = net.world.clock.done
    net.world.run_for("49s")
    assert net.world.clock.done - done <= 2
    net.world.run_for("3s")
    assert states(net) == ([], [])
    assert any("LISTEN → SYN-RECEIVED" in line for line in net.told)


def test_a_host_without_power_neither_sends_nor_answers() -> None:
    net = Net()
    conn, _ = connected(net)
    net.server.power_off()
    net.server.power_off()
    net.world.do(conn.send_all(b"hello?"))
    net.world.run_for("5s")
    assert states(net) == ([State.ESTABLISHED], []) and net.world.losses[Loss.HOST_DOWN] >= 3


def test_a_host_that_has_booted_remembers_nothing_and_answers_by_rst() -> None:
    net = Net()
    conn, _ = connected(net)
    booted: list[int] = []

    async def program(host: Process) -> None:
        booted.append(host.host.boots)
        await host.sleep(0)

    net.server.run(program, at_boot=True)
    net.world.run_for("1ms")
    net.server.reboot("2s")
    net.world.run_for("3s")
    net.world.do(conn.send_all(b"hello?"))
    net.world.run_for("1s")
    assert booted == [0, 1] and net.server.counter("Tcp.OutRsts") == 1
    assert conn.get("error") == 104 and states(net)[0] == []


def test_an_interface_that_is_down_leaves_no_way() -> None:
    net = Net()
    net.client.port.down()
    with pytest.raises(OSError, match="ENETUNREACH"):
        net.world.do(net.client.connect("10.0.0.2", 80))


def test_a_host_reaches_itself_and_a_tap_sees_each_packet_once() -> None:
    net = Net(timeline=True)
    net.server.run(echo)
    tap = net.world.tap(net.server, loopback=True)
    seen: list[Packet] = []
    tap.observers.append(lambda datum, time_ns, frame: seen.append(datum) if isinstance(datum, Packet) else None)  # noqa: ARG005
    net.server.run(ask)
    net.world.run_for("1s")
    assert [packet.segment.flags for packet in seen[:3]] == [2, 18, 16]
    assert {(packet.source, packet.destination) for packet in seen} == {("10.0.0.2", "10.0.0.2")}


def test_what_is_not_addressed_to_it_is_dropped() -> None:
    net = Net()
    connected(net)
    net.client.addresses = ("10.0.0.77",)
    net.server.power_off()
    net.server.boot()
    net.world.run_for("1s")
    before = dict(net.world.losses)
    from estab.wire.segment import Segment

    net.server.port.send(Packet("10.0.0.2", 1, "10.0.0.1", 2, Segment(0, 0, RST, 0)))
    net.world.run_for("1s")
    assert net.world.losses.get(Loss.NOT_OURS, 0) == before.get(Loss.NOT_OURS, 0) + 1


def test_the_same_tcp_in_datagrams() -> None:
    net = Net()
    net.client.in_datagrams = net.server.in_datagrams = True
    tap = net.world.tap(net.client)
    kinds: set[str] = set()
    tap.observers.append(lambda datum, time_ns, frame: kinds.add(type(datum).__name__))  # noqa: ARG005
    net.server.run(echo)
    task = net.client.run(ask, b"x" * 50_000)
    net.world.run_for("5s")
    assert task.result == b"x" * 50_000 and kinds == {"Datagram"}


def test_packets_are_numbered_by_connection() -> None:
    net = Net()
    tap = net.world.tap(net.client)
    numbers: list[int] = []
    tap.observers.append(
        lambda datum, time_ns, frame: numbers.append(datum.ip_id) if datum.source == "10.0.0.1" else None  # noqa: ARG005
    )
    net.server.run(echo)
    net.client.run(ask)
    net.world.run_for("1s")
    assert len(numbers) > 3 and {(after - before) & 0xFFFF for before, after in itertools.pairwise(numbers)} == {1}


def test_settings_change_while_a_host_runs() -> None:
    net = Net()
    net.server.sysctl(somaxconn=7)
    assert net.server.stack.knobs.somaxconn == net.server.knobs.somaxconn == 7
    net.server.sysctl(somaxconn=9)
    assert net.server.stack.knobs.somaxconn == 9 and net.client.knobs.somaxconn == 4096
