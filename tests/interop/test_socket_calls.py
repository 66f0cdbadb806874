"""The same calls made on sockets of a real kernel and on sockets of the engine: errno, ports, queues and readiness agree.

The kernel's sockets live in a network namespace of their own and talk over its loopback; the engine's do the same in virtual time.
"""

from __future__ import annotations

import errno
import os
import pathlib
import socket
import subprocess
from collections.abc import Callable, Iterator

import pytest

from estab.engine.socket_options import SocketOption, Value
from tests.interop.namespaces import Host, missing
from tests.interop.socket_worlds import AnySocket, EngineWorld, KernelWorld, World

pytestmark = [pytest.mark.peer, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]

HERE = "127.0.0.1"
RANGE = (40_000, 40_009)
READ_FROM_KERNEL = ("ipv4/tcp_rmem", "ipv4/tcp_wmem", "ipv4/tcp_syncookies", "ipv4/tcp_fastopen", "core/rmem_max", "core/wmem_max")
WRITTEN = {"ip_local_port_range": "{} {}".format(*RANGE), "tcp_congestion_control": "reno"}


@pytest.fixture(scope="module")
def namespace() -> Iterator[Host]:
    name = f"estab-{os.getpid()}-calls"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        host = Host(name, "lo", HERE)
        for knob, value in WRITTEN.items():
            path = pathlib.Path("/proc/sys/net/ipv4") / knob
            host.inside(lambda path=path, value=value: path.write_text(value, encoding="ascii"))  # type: ignore[misc]
        yield host
        host.close()
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False)


@pytest.fixture
def worlds(namespace: Host) -> Iterator[tuple[World, World]]:
    def read(name: str) -> str:
        # What a namespace has no value of its own for is the host's.
        return pathlib.Path(f"/proc/sys/net/{name}").read_text(encoding="ascii").strip()

    knobs = {name.split("/")[1]: namespace.inside(lambda name=name: read(name)) for name in READ_FROM_KERNEL}  # type: ignore[misc]
    kernel = KernelWorld(namespace)
    yield kernel, EngineWorld(knobs | WRITTEN)
    kernel.end()


def said(call: Callable[[], object]) -> object:
    """What a call gives, or the name of its errno."""
    try:
        result = call()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return None if isinstance(result, AnySocket) else result


def agree(worlds: tuple[World, World], story: Callable[[World], list[object]]) -> list[object]:
    """Both worlds tell the same story; what they say."""
    kernel, engine = (story(world) for world in worlds)
    assert engine == kernel
    return kernel


def connected(world: World, port: int) -> tuple[AnySocket, AnySocket, AnySocket]:
    listener, client = world.socket(), world.socket()
    listener.set(SocketOption.REUSEADDR, 1)
    listener.bind(HERE, port)
    listener.listen(8)
    said(lambda: client.connect(HERE, port))
    world.wait()
    return listener, client, listener.accept()


def test_an_unconnected_socket(worlds: tuple[World, World]) -> None:
    def story(world: World) -> list[object]:
        one = world.socket()
        return [said(lambda: one.send(b"x")), said(lambda: one.recv(1)), said(lambda: one.shutdown(2)), said(one.accept), one.ready()]

    assert agree(worlds, story)[:4] == ["EPIPE", "ENOTCONN", "ENOTCONN", "EINVAL"]


def test_a_refused_connection(worlds: tuple[World, World]) -> None:
    def story(world: World) -> list[object]:
        one = world.socket()
        told = [said(lambda: one.connect(HERE, 999))]
        world.wait()
        told += [one.ready(), one.get(SocketOption.ERROR), one.get(SocketOption.ERROR), one.ready()]
        told += [said(lambda: one.recv(1)), said(lambda: one.send(b"x")), said(lambda: one.connect(HERE, 999))]
        return told

    assert agree(worlds, story)[2:4] == [111, 0]


def test_connecting_again(worlds: tuple[World, World]) -> None:
    def story(world: World) -> list[object]:
        listener, client = world.socket(), world.socket()
        listener.bind(HERE, 7001)
        listener.listen(4)
        told = [said(lambda: client.connect(HERE, 7001))]
        world.wait()
        told += [said(lambda: client.connect(HERE, 7001)) for _ in range(2)]
        told += [said(lambda: listener.connect(HERE, 7001)), said(lambda: client.listen(1)), said(lambda: listener.listen(2))]
        told += [said(lambda: listener.send(b"x")), said(lambda: listener.recv(1)), listener.ready(), client.ready()]
        return told

    agree(worlds, story)


@pytest.mark.parametrize("backlog", [0, 1, 2, 4])
def test_an_accept_queue_holds_one_more_than_its_backlog(worlds: tuple[World, World], backlog: int) -> None:
    def story(world: World) -> list[object]:
        listener = world.socket()
        listener.set(SocketOption.REUSEADDR, 1)
        listener.bind(HERE, 7100 + backlog)
        listener.listen(backlog)
        clients = [world.socket() for _ in range(backlog + 3)]
        for client in clients:
            said(lambda client=client: client.connect(HERE, 7100 + backlog))  # type: ignore[misc]
        world.wait()
        accepted = 0
        while said(listener.accept) is None:
            accepted += 1
        for client in clients:
            client.set(SocketOption.LINGER, (1, 0))
            client.close()
        return [accepted, accepted == backlog + 1]

    assert agree(worlds, story)[1] is True


@pytest.mark.parametrize("first", [(0, 0), (1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("second", [(0, 0), (1, 0), (0, 1), (1, 1)])
@pytest.mark.parametrize("listening", [False, True])
@pytest.mark.parametrize("addresses", [("0.0.0.0", HERE), (HERE, "127.0.0.2"), (HERE, HERE)])
def test_two_sockets_on_one_port(
    worlds: tuple[World, World], first: tuple[int, int], second: tuple[int, int], listening: bool, addresses: tuple[str, str]
) -> None:
    def story(world: World) -> list[object]:
        told: list[object] = []
        made = []
        for address, (reuse_address, reuse_port) in zip(addresses, (first, second), strict=True):
            one = world.socket()
            one.set(SocketOption.REUSEADDR, reuse_address)
            one.set(SocketOption.REUSEPORT, reuse_port)
            told.append(said(lambda one=one, address=address: one.bind(address, 7200)))  # type: ignore[misc]
            if listening:
                told.append(said(lambda one=one: one.listen(1)))  # type: ignore[misc]
            made.append(one)
        if not listening:
            told += [said(lambda one=one: one.listen(1)) for one in made]  # type: ignore[misc]
        for one in made:
            one.close()
        return told

    agree(worlds, story)


def test_ports_are_given_out_in_the_same_order_and_end_with_the_same_errno(worlds: tuple[World, World]) -> None:
    def story(world: World) -> list[object]:
        listeners = []
        for port in (7301, 7302):
            listener = world.socket()
            listener.bind(HERE, port)
            listener.listen(64)
            listeners.append(listener)
        told: list[object] = []
        made = []
        for port in (7301, 7302):
            codes, ports = [], []
            for _ in range(11):
                one = world.socket()
                codes.append(said(lambda one=one, port=port: one.connect(HERE, port)))  # type: ignore[misc]
                if codes[-1] == "EINPROGRESS":
                    ports.append(one.port())
                made.append(one)
            told += [codes, [port % 2 for port in ports], sorted(ports)]
        bound = world.socket()
        told.append(said(lambda: bound.bind(HERE, 0)))
        for one in (*made, *listeners):
            one.set(SocketOption.LINGER, (1, 0))
            one.close()
        world.wait()
        return told

    told = agree(worlds, story)
    assert told[0] == ["EINPROGRESS"] * 10 + ["EADDRNOTAVAIL"] and told[1] == [0] * 5 + [1] * 5
    assert told[-1] == "EADDRINUSE"


def test_the_life_of_a_stream(worlds: tuple[World, World]) -> None:
    def story(world: World) -> list[object]:
        listener, client, server = connected(world, 7400)
        told: list[object] = [client.ready(), server.ready(), said(lambda: server.recv(1))]
        client.send(b"abcdef")
        world.wait()
        told += [
            server.ready(),
            server.queues(),
            client.queues(),
            said(lambda: server.recv(3, socket.MSG_PEEK)),
            said(lambda: server.recv(3)),
        ]
        client.send(b"!", socket.MSG_OOB)
        world.wait()
        told += [server.ready(), said(lambda: server.recv(1, socket.MSG_OOB)), said(lambda: server.recv(1, socket.MSG_OOB)), server.ready()]
        told += [said(lambda: server.recv(9)), said(lambda: server.recv(9))]
        client.shutdown(1)
        world.wait()
        told += [client.ready(), server.ready(), said(lambda: server.recv(9)), said(lambda: client.send(b"x"))]
        server.send(b"late")
        world.wait()
        told += [said(lambda: client.recv(9)), said(lambda: client.recv(9))]
        server.close()
        world.wait()
        told += [client.ready(), said(lambda: client.recv(9)), said(lambda: client.shutdown(2)), client.get(SocketOption.ERROR)]
        listener.close()
        client.close()
        return told

    agree(worlds, story)


def test_giving_up_a_connect_that_is_under_way(worlds: tuple[World, World]) -> None:
    def story(world: World) -> list[object]:
        listener = world.socket()
        listener.bind(HERE, 7450)
        listener.listen(0)
        clients = [world.socket() for _ in range(2)]
        for client in clients:
            said(lambda client=client: client.connect(HERE, 7450))  # type: ignore[misc]
            world.wait()
        waiting = clients[1]
        told = [waiting.ready(), said(lambda: waiting.send(b"x")), said(lambda: waiting.recv(1)), said(lambda: waiting.connect(HERE, 7450))]
        told += [said(lambda: waiting.shutdown(2)), waiting.ready(), said(lambda: waiting.recv(1)), waiting.get(SocketOption.ERROR)]
        told += [said(lambda: waiting.recv(1)), said(lambda: waiting.send(b"x")), said(lambda: waiting.connect(HERE, 7451))]
        return told

    agree(worlds, story)


def test_a_reset_with_data_before_it(worlds: tuple[World, World]) -> None:
    def story(world: World) -> list[object]:
        listener, client, server = connected(world, 7500)
        server.send(b"last")
        server.set(SocketOption.LINGER, (1, 0))
        world.wait()
        server.close()
        world.wait()
        told = [client.ready(), said(lambda: client.recv(9)), said(lambda: client.recv(9)), said(lambda: client.recv(9))]
        told += [said(lambda: client.send(b"x")), client.ready(), said(lambda: client.shutdown(1))]
        listener.close()
        client.close()
        return told

    assert agree(worlds, story)[2] == "ECONNRESET"


def test_writing_after_the_peer_has_closed(worlds: tuple[World, World]) -> None:
    def story(world: World) -> list[object]:
        listener, client, server = connected(world, 7600)
        server.close()
        world.wait()
        told = [said(lambda: client.send(b"x"))]
        world.wait()
        told += [client.ready(), said(lambda: client.send(b"x")), said(lambda: client.send(b"x")), said(lambda: client.recv(1))]
        listener.close()
        client.close()
        return told

    agree(worlds, story)


@pytest.mark.parametrize(
    ("option", "values"),
    [
        (SocketOption.RCVBUF, (0, 1, 5000, 1 << 20, -1)),
        (SocketOption.SNDBUF, (0, 1, 5000, 1 << 20, -1)),
        (SocketOption.KEEPIDLE, (0, 1, 32_767, 32_768)),
        (SocketOption.KEEPINTVL, (0, 5, 32_768)),
        (SocketOption.KEEPCNT, (0, 127, 128)),
        (SocketOption.SYNCNT, (0, 3, 127, 128)),
        (SocketOption.USER_TIMEOUT, (0, 5000, -1)),
        (SocketOption.LINGER2, (-2, 0, 5, 60, 119, 200)),
        (SocketOption.DEFER_ACCEPT, (-1, 0, 1, 2, 5, 200)),
        (SocketOption.MAXSEG, (0, 50, 88, 1000, 32_767, 32_768)),
        (SocketOption.NODELAY, (0, 1, 7)),
        (SocketOption.CORK, (0, 1)),
        (SocketOption.LINGER, ((1, 5), (0, 7), (1, 0))),
        (SocketOption.CONGESTION, ("reno", "nosuch")),
        (SocketOption.NOTSENT_LOWAT, (0, 16_384)),
        (SocketOption.FASTOPEN, (0, 5, -1)),
        (SocketOption.FASTOPEN_CONNECT, (0, 1, 2)),
        (SocketOption.BIND_ADDRESS_NO_PORT, (0, 1)),
        (SocketOption.REUSEADDR, (0, 3)),
        (SocketOption.REUSEPORT, (0, 1)),
        (SocketOption.OOBINLINE, (0, 1)),
        (SocketOption.KEEPALIVE, (0, 1)),
        (SocketOption.WINDOW_CLAMP, (0, 5000)),
    ],
    ids=lambda value: value.name if isinstance(value, SocketOption) else "",
)
def test_options_take_and_give_the_same_values(worlds: tuple[World, World], option: SocketOption, values: tuple[Value, ...]) -> None:
    def story(world: World) -> list[object]:
        one = world.socket()
        told: list[object] = [said(lambda: one.get(option))]
        for value in values:
            told += [said(lambda value=value: one.set(option, value)), said(lambda: one.get(option))]  # type: ignore[misc]
        return told

    agree(worlds, story)
