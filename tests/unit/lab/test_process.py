from __future__ import annotations

import pytest

from estab.lab.process import Process
from estab.lab.sockets import Conn
from estab.machine.states import State
from tests.lab.nets import Net, ask, echo


async def hold(host: Process, opened: list[Conn]) -> None:
    """Accepts and never closes."""
    listener = host.listen(80)
    while True:
        opened.append(await listener.accept())


def states_of(net: Net) -> list[State]:
    return [entry.state for entry in net.server.sockets()]


def test_a_killed_process_is_closed_by_its_kernel() -> None:
    net, opened = Net(), list[Conn]()
    process = net.server.process("server")
    process.spawn(hold, opened)
    conn = net.world.do(net.client.connect("10.0.0.2", 80))
    net.world.run_for("1s")
    assert len(process.handles) == 2
    process.kill()
    process.kill()
    net.world.run_for("1s")
    assert not process.handles and states_of(net) == [State.FIN_WAIT_2]
    assert net.world.do(conn.recv()) == b""


def test_killed_with_unread_data_it_is_closed_by_rst() -> None:
    net, opened = Net(), list[Conn]()
    process = net.server.process("server")
    process.spawn(hold, opened)
    conn = net.world.do(net.client.connect("10.0.0.2", 80))
    net.world.do(conn.send_all(b"unread"))
    net.world.run_for("1s")
    process.kill()
    with pytest.raises(OSError, match="ECONNRESET"):
        net.world.do(conn.recv())


def test_a_frozen_process_stands_still_while_its_kernel_answers() -> None:
    net = Net()
    process = net.server.process("server")
    process.spawn(echo)
    net.world.run_for("1ms")
    process.freeze()
    task = net.client.run(ask)
    net.world.run_for("5s")
    assert not task.done and [entry.state for entry in net.client.sockets()] == [State.FIN_WAIT_2]  # even the FIN was acknowledged
    process.thaw()
    net.world.run_for("1s")
    assert task.result == b"hello"


def test_programs_of_one_process_share_its_sockets() -> None:
    net, told = Net(), list[bytes]()

    async def server(host: Process) -> None:
        conn = await host.listen(80).accept()
        told.append(await host.spawn(reader, conn))
        conn.close()

    async def reader(host: Process, conn: Conn) -> bytes:
        await host.sleep("10ms")
        return await conn.recv()

    net.server.run(server)
    net.client.run(ask)
    net.world.run_for("5s")
    assert told == [b"hello"]


def test_an_error_that_the_main_program_does_not_catch_ends_the_process() -> None:
    net = Net(timeline=True)

    async def program(host: Process) -> None:
        host.listen(8080)
        await host.connect("10.0.0.2", 81)

    net.client.run(program)
    net.world.run_for("1s")
    ((process, task),) = net.world.failures
    assert not process.alive and getattr(task.error, "strerror", "") == "ECONNREFUSED"
    assert net.client.sockets() == []
    assert any("process killed" in line for line in net.told)


def test_a_mistake_in_a_program_stops_the_run() -> None:
    net = Net()

    async def program(host: Process) -> None:
        await host.sleep(1)
        raise KeyError("mistake")

    net.client.run(program)
    with pytest.raises(KeyError, match="mistake"):
        net.world.run_for("1s")


def test_who_loses_power_closes_nothing() -> None:
    """A `with` block ends with its program, and must not send a FIN in the name of a host that is off."""
    net = Net(timeline=True)

    async def server(host: Process) -> None:
        listener = host.listen(80)
        with await listener.accept() as own, (await listener.accept()).share(helper):
            await own.recv()

    helper = net.server.process("helper")
    net.server.run(server)
    conns = [net.world.do(net.client.connect("10.0.0.2", 80)) for _ in range(2)]
    net.world.run_for("1s")
    net.server.reboot("1s")
    net.world.run_for("1min")
    assert [conn.info().state for conn in conns] == [State.ESTABLISHED] * 2
    assert not any("close(" in line for line in net.told), net.told
    assert net.server.counter("Tcp.OutSegs") == 0
