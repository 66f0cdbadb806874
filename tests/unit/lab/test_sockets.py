from __future__ import annotations

import pytest

from estab.lab.calls import CallError
from estab.lab.process import Process
from estab.lab.sockets import OPTIONS, Conn
from estab.lab.stage import SERVER
from estab.machine.states import State
from tests.lab.nets import Net, ask, echo


def pair_of(net: Net) -> tuple[Conn, Conn]:
    listener = net.server.listen(80)
    conn = net.world.do(net.client.connect("10.0.0.2", 80))
    return conn, net.world.do(listener.accept())


def test_bytes_go_both_ways_and_the_end_is_told() -> None:
    net = Net()
    one, other = pair_of(net)
    net.world.do(one.send_all(b"question"))
    assert net.world.do(other.recv_exactly(4)) == b"ques" and net.world.do(other.recv()) == b"tion"
    net.world.do(other.send_all(b"answer"))
    other.shutdown()
    assert net.world.do(one.recv_all()) == b"answer"
    assert net.world.do(one.recv_exactly(4)) == b""
    net.world.do(one.send_all(b"half-closed"))
    assert net.world.do(other.recv()) == b"half-closed"


def test_more_than_buffers_hold_arrives_whole() -> None:
    net = Net(rate="100Mbit")
    net.server.run(echo)
    data = bytes(range(256)) * 4000

    async def both(host: Process) -> bytes:
        conn = await host.connect("10.0.0.2", 80)
        reading = host.spawn(read, conn)
        await conn.send_all(data)
        conn.shutdown()
        result: bytes = await reading
        return result

    async def read(host: Process, conn: Conn) -> bytes:
        del host
        return await conn.recv_all()

    task = net.client.run(both)
    net.world.run_for("30s")
    assert task.result == data


def test_limits_of_time_are_eagain() -> None:
    net = Net()
    one, _ = pair_of(net)
    began_ns = net.world.now_ns
    with pytest.raises(OSError, match="EAGAIN"):
        net.world.do(one.recv(timeout="250ms"))
    assert net.world.now_ns - began_ns == 250_000_000
    with pytest.raises(OSError, match="EAGAIN"):
        net.world.do(net.server.listen(81).accept(timeout="1ms"))


def test_closing_by_rst() -> None:
    net = Net()
    one, other = pair_of(net)
    one.abort()
    assert not one.is_open
    with pytest.raises(OSError, match="ECONNRESET"):
        net.world.do(other.recv())


def test_a_shared_socket_is_closed_when_nobody_holds_it_any_more() -> None:
    net = Net()
    one, other = pair_of(net)
    child = net.client.process("child")
    inherited = one.share(child)
    one.close()
    one.close()
    net.world.run_for("1s")
    assert [entry.state for entry in net.client.sockets()] == [State.ESTABLISHED]
    net.world.do(inherited.send_all(b"from the child"))
    assert net.world.do(other.recv()) == b"from the child"
    child.kill()
    assert net.world.do(other.recv()) == b""


def test_whoever_shares_a_socket_is_woken() -> None:
    net, woken = Net(), list[str]()
    one, other = pair_of(net)

    async def reads(host: Process, conn: Conn, name: str) -> None:
        del host
        await conn.recv(1)
        woken.append(name)

    parent, child = net.server.process("parent"), net.server.process("child")
    for process, name in ((parent, "parent"), (child, "child")):
        process.spawn(reads, other.share(process), name)
    net.world.run_for("1s")
    net.world.do(one.send_all(b"xy"))
    net.world.run_for("1s")
    assert sorted(woken) == ["child", "parent"]


def test_options_by_name() -> None:
    net = Net()
    one, _ = pair_of(net)
    assert one.set(nodelay=1).get("nodelay") == 1
    assert {"keepalive", "linger", "user_timeout", "info"} <= set(OPTIONS)
    assert one.info().state is State.ESTABLISHED
    with pytest.raises(OSError, match="EINVAL"):
        one.set(keepidle=0)


def test_no_more_descriptors() -> None:
    net = Net(server={"nofile": 3})

    async def server(host: Process) -> str:
        listener = host.listen(80)
        try:
            while True:
                await listener.accept()
        except OSError as problem:
            return str(problem.strerror)

    task = net.server.run(server)
    for _ in range(3):
        net.world.do(net.client.connect("10.0.0.2", 80))
    net.world.run_for("1s")
    assert task.result == "EMFILE"


def test_a_port_in_use() -> None:
    net = Net(timeline=True)
    net.server.listen(80)
    with pytest.raises(OSError, match="EADDRINUSE"):
        net.server.listen(80)
    assert any(line.endswith("listen(80) = EADDRINUSE") for line in net.told)


def test_from_which_address_and_port() -> None:
    net = Net()
    net.server.run(echo)
    conn = net.world.do(net.client.connect("10.0.0.2", 80, source="10.0.0.1", source_port=4711))
    assert str(conn.socket.local) == "10.0.0.1:4711"


def test_both_versions_of_ip() -> None:
    from estab.lab.world import World

    world = World(seed=1)
    one, other = world.host("one", "10.0.0.1", "2001:db8::1"), world.host("other", "10.0.0.2", "2001:db8::2")
    world.link(one, other, delay="1ms")
    other.run(echo)
    for address in ("10.0.0.2", "2001:db8::2"):
        conn = world.do(one.connect(address, 80))
        world.do(conn.send_all(b"x"))
        assert world.do(conn.recv()) == b"x"
        conn.close()
        world.run_for("1s")


def test_calls_stand_in_the_timeline() -> None:
    net = Net(timeline=True)
    net.server.run(echo)
    net.client.run(ask)
    net.world.run_for("1s")
    calls = [line for line in net.told if " = " in line]
    assert calls[0] == "server listen(80, backlog 128) = 0"
    assert any(line.startswith("server accept() = 10.0.0.1:") for line in calls)
    assert "client connect(10.0.0.2:80) = 0" in calls and "client shutdown(WRITE) = 0" in calls


def test_urgent_data_stands_beside_the_stream() -> None:
    net, told = Net(), list[bytes]()

    async def server(host: Process) -> None:
        with await host.listen(80).accept() as conn:
            with pytest.raises(CallError, match="EINVAL"):
                conn.recv_urgent()
            await host.sleep("1s")
            told.extend([await conn.recv(), conn.recv_urgent(), await conn.recv()])

    async def client(host: Process) -> None:
        conn = await host.connect(SERVER, 80)
        await host.sleep("100ms")
        await conn.send_all(b"before")
        assert await conn.send_urgent(b"!") == 1
        await conn.send_all(b"behind")

    net.server.run(server)
    net.client.run(client)
    net.world.run_for("5s")
    assert told == [b"before", b"!", b"behind"]
