"""What poll() reports."""

from __future__ import annotations

from estab.engine.readiness import Readiness
from estab.engine.socket_options import SocketOption
from estab.engine.sockets import Flag, Shutdown
from tests.unit.engine.hosts import SERVER, Pair

IN, PRI, OUT, ERR, HUP, RDHUP, NONE = (
    Readiness.IN,
    Readiness.PRI,
    Readiness.OUT,
    Readiness.ERR,
    Readiness.HUP,
    Readiness.RDHUP,
    Readiness.NONE,
)


def test_a_new_socket_hangs_up_and_a_connecting_one_is_ready_for_nothing() -> None:
    pair = Pair(passes=lambda _: False)
    assert pair.client.socket().readiness(0) == OUT | HUP
    assert pair.begin().readiness(0) == NONE


def test_a_listener_is_readable_when_somebody_waits() -> None:
    pair = Pair()
    listener = pair.listen()
    assert listener.readiness(0) == NONE
    pair.connect()
    assert listener.readiness(0) == IN
    listener.accept(pair.now_ns)
    assert listener.readiness(0) == NONE


def test_a_connection_through_its_life() -> None:
    pair = Pair()
    _, client, server = pair.both()
    seen = [client.readiness(0)]
    pair.send(server, b"x")
    seen.append(client.readiness(0))
    pair.recv(client)
    pair.send(server, b"!", Flag.OOB)
    seen.append(client.readiness(0))
    pair.recv(client, 1, Flag.OOB)
    server.shutdown(Shutdown.WRITE, pair.now_ns)
    pair.run()
    seen.append(client.readiness(0))
    client.shutdown(Shutdown.WRITE, pair.now_ns)
    pair.run()
    seen.append(client.readiness(0))
    assert seen == [OUT, IN | OUT, OUT | PRI, IN | OUT | RDHUP, IN | OUT | RDHUP | HUP]


def test_an_error_stays_until_it_is_taken() -> None:
    pair = Pair()
    socket = pair.connect()
    assert socket.readiness(0) == IN | OUT | ERR | HUP | RDHUP
    socket.getsockopt(SocketOption.ERROR, pair.now_ns)
    assert socket.readiness(0) == IN | OUT | HUP | RDHUP


def test_a_full_send_buffer_is_not_writable_until_there_is_room() -> None:
    silent = False
    pair = Pair(passes=lambda _: not silent)
    _, client, _ = pair.both()
    silent = True
    try:
        while True:
            client.send(b"z" * 65_536, pair.now_ns)
            pair.run()
    except OSError:
        pass
    assert client.readiness(0) == NONE


def test_on_ready_is_called_when_something_has_changed() -> None:
    pair = Pair()
    calls: list[str] = []
    listener = pair.listen()
    listener.on_ready = lambda: calls.append("listener")
    client = pair.client.socket()
    client.on_ready = lambda: calls.append("client")
    pair.connect(socket=client)
    assert calls.count("listener") == 1 and "client" in calls
    server = listener.accept(pair.now_ns)
    calls.clear()
    pair.send(server, b"x")
    assert "client" in calls and client.remote is not None and client.remote.address == SERVER
    calls.clear()
    pair.close(server)
    assert "client" in calls


def test_little_room_is_writable_but_not_worth_a_wake_up() -> None:
    silent = False
    pair = Pair(passes=lambda _: not silent)
    _, client, _ = pair.both()
    client.setsockopt(SocketOption.SNDBUF, 65_536, pair.now_ns)
    silent = True
    while not (client.entry is not None and not client.entry.connection.is_writable):
        assert client.send(b"z" * 1000, pair.now_ns) == 1000
    assert client.send(b"z", pair.now_ns) == 1 and client.readiness(0) == NONE


def test_too_much_unsent_is_not_writable() -> None:
    pair = Pair(passes=lambda packet: not packet.segment.payload)
    _, client, _ = pair.both()
    client.setsockopt(SocketOption.NOTSENT_LOWAT, 1000, pair.now_ns)
    assert client.readiness(0) == OUT
    client.send(b"z" * 16_000, pair.now_ns)
    pair.flush()
    assert client.readiness(0) == NONE
    client.setsockopt(SocketOption.NOTSENT_LOWAT, 0, pair.now_ns)
    assert client.readiness(0) == OUT
