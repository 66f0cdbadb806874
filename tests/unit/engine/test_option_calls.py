"""Options of sockets in action."""

from __future__ import annotations

import pytest

from estab.engine.bindings import Claim
from estab.engine.socket_options import SocketOption
from estab.engine.sockets import Flag, Socket
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.snapshot import TcpInfo
from estab.wire.segment import ACK
from tests.unit.engine.hosts import LINUX, SERVER, Pair, failure


def test_what_is_asked_of_a_connection_is_asked_of_the_connection() -> None:
    pair = Pair()
    _, client, _ = pair.both()
    info = client.getsockopt(SocketOption.INFO, pair.now_ns)
    assert isinstance(info, TcpInfo) and info.state is State.ESTABLISHED
    assert client.getsockopt(SocketOption.MAXSEG, pair.now_ns) == 1448
    assert client.getsockopt(SocketOption.RCVBUF, pair.now_ns) == 131_072
    assert client.getsockopt(SocketOption.ERROR, pair.now_ns) == 0


def test_a_socket_without_a_connection_has_defaults() -> None:
    pair = Pair()
    socket = pair.client.socket()
    values = {option: socket.getsockopt(option, 0) for option in SocketOption}
    assert values[SocketOption.MAXSEG] == 536 and values[SocketOption.RCVBUF] == 131_072 and values[SocketOption.SNDBUF] == 16_384
    assert values[SocketOption.ACCEPTCONN] == 0 and values[SocketOption.QUICKACK] == 1
    assert isinstance(values[SocketOption.INFO], TcpInfo)
    assert pair.listen(81).getsockopt(SocketOption.ACCEPTCONN, 0) == 1


def test_accepted_sockets_inherit_what_their_listener_was_told() -> None:
    pair = Pair()
    listener = pair.server.socket()
    for option in (SocketOption.KEEPALIVE, SocketOption.REUSEADDR, SocketOption.NODELAY):
        listener.setsockopt(option, 1, 0)
    listener.bind("0.0.0.0", 80)
    listener.listen(4, 0)
    pair.connect()
    child = listener.accept(pair.now_ns)
    assert [child.getsockopt(option, 0) for option in (SocketOption.KEEPALIVE, SocketOption.REUSEADDR, SocketOption.NODELAY)] == [1, 1, 1]
    assert child.entry is not None and child.entry.connection.settings.keepalive


def test_a_running_connection_obeys_at_once() -> None:
    pair = Pair()
    _, client, _ = pair.both()
    client.setsockopt(SocketOption.KEEPALIVE, 1, pair.now_ns)
    client.setsockopt(SocketOption.KEEPIDLE, 2, pair.now_ns)
    sent = len(pair.log)
    pair.run(3 * SECOND_NS)
    assert len(pair.log) == sent + 2 and pair.client.counters["TcpExt.TCPKeepAlive"] == 1


def test_reuse_address_set_after_bind_changes_what_others_may_do() -> None:
    pair = Pair()
    first = pair.server.socket()
    first.bind("0.0.0.0", 7000)
    assert not pair.server.host.bindings.may_bind(7000, Claim("0.0.0.0", reuse_address=True))
    first.setsockopt(SocketOption.REUSEADDR, 1, 0)
    assert pair.server.host.bindings.may_bind(7000, Claim("0.0.0.0", reuse_address=True))


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        (SocketOption.FASTOPEN, 5, "EINVAL"),
        (SocketOption.FASTOPEN_CONNECT, 1, "EINVAL"),
        (SocketOption.V6ONLY, 1, "EINVAL"),
        (SocketOption.INFO, 1, "ENOPROTOOPT"),
    ],
)
def test_what_comes_too_late_on_a_connection(option: SocketOption, value: int, code: str) -> None:
    pair = Pair()
    pair.listen()
    client: Socket = pair.client.socket()
    client.bind("0.0.0.0", 5000)
    pair.connect(socket=client)
    assert failure(lambda: client.setsockopt(option, value, pair.now_ns)) == code


def test_syncnt_and_user_timeout_bound_a_connect() -> None:
    for option, value, after in ((SocketOption.SYNCNT, 2, 7.1), (SocketOption.USER_TIMEOUT, 5000, 5.02)):
        pair = Pair(passes=lambda _: False)
        socket = pair.client.socket()
        socket.setsockopt(option, value, 0)
        start = pair.now_ns
        pair.begin(socket=socket)
        while socket.state is State.SYN_SENT:
            pair.run(SECOND_NS // 100)
        assert abs((pair.now_ns - start) / SECOND_NS - after) < 0.15
        assert failure(lambda socket=socket, pair=pair: socket.connect(SERVER, 80, pair.now_ns)) == "ETIMEDOUT"  # type: ignore[misc]


def test_bindv6only_is_the_default_of_new_sockets() -> None:
    pair = Pair(server=LINUX.but(bindv6only=1))
    assert pair.server.socket(ipv6=True).getsockopt(SocketOption.V6ONLY, 0) == 1
    assert pair.client.socket(ipv6=True).getsockopt(SocketOption.V6ONLY, 0) == 0


def test_nodelay_set_once_more_pushes_what_a_write_with_more_to_come_left_waiting() -> None:
    pair = Pair()
    _, client, _ = pair.both()
    client.setsockopt(SocketOption.NODELAY, 1, pair.now_ns)
    pair.send(client, bytes(40), Flag.MORE)
    pair.log.clear()
    client.setsockopt(SocketOption.NODELAY, 1, pair.now_ns)
    pair.flush()
    ((_, packet),) = pair.log
    assert (len(packet.segment.payload), packet.segment.flags) == (40, ACK), "no PSH: more was announced"


@pytest.mark.parametrize(("option", "value", "sent"), [("KEEPALIVE", 1, 0), ("NOTSENT_LOWAT", 1000, 0), ("CORK", 0, 1)])
def test_an_option_that_has_nothing_to_do_with_it_does_not_pull_the_cork(option: str, value: int, sent: int) -> None:
    pair = Pair()
    _, client, _ = pair.both()
    for name in (SocketOption.NODELAY, SocketOption.CORK):
        client.setsockopt(name, 1, pair.now_ns)
    pair.send(client, bytes(40))
    pair.log.clear()
    client.setsockopt(SocketOption[option], value, pair.now_ns)
    pair.flush()
    assert len(pair.log) == sent
