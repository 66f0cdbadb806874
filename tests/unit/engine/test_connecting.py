"""connect(): its outcomes as a program sees them."""

from __future__ import annotations

import pytest

from estab.engine.addresses import LOOPBACK_IPV4
from estab.engine.readiness import Readiness
from estab.engine.socket_options import SocketOption
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.wire.segment import IcmpError, IcmpKind
from tests.unit.engine.hosts import CLIENT, SERVER, Pair, failure, moved


def test_nobody_listens_refused_at_once() -> None:
    pair = Pair()
    socket = pair.connect()
    assert socket.readiness(pair.now_ns) & (Readiness.ERR | Readiness.HUP) == Readiness.ERR | Readiness.HUP
    assert failure(lambda: socket.connect(SERVER, 80, pair.now_ns)) == "ECONNREFUSED"
    assert moved(pair.client, "Tcp.ActiveOpens", "Tcp.AttemptFails", "Tcp.EstabResets") == {
        "Tcp.ActiveOpens": 1,
        "Tcp.AttemptFails": 1,
        "Tcp.EstabResets": 0,
    }
    assert moved(pair.server, "Tcp.OutRsts") == {"Tcp.OutRsts": 1}


def test_after_a_refusal_the_socket_may_try_again() -> None:
    pair = Pair()
    socket = pair.connect()
    assert socket.getsockopt(SocketOption.ERROR, pair.now_ns) == 111
    pair.listen()
    assert failure(lambda: socket.connect(SERVER, 80, pair.now_ns)) == "ECONNABORTED"  # the outcome was taken by SO_ERROR
    pair.connect(socket=socket)
    assert socket.state is State.ESTABLISHED


def test_connect_again_while_it_is_under_way_after_it_and_after_that() -> None:
    pair = Pair()
    pair.listen()
    socket = pair.begin()
    assert failure(lambda: socket.connect(SERVER, 80, pair.now_ns)) == "EALREADY"
    pair.run()
    assert [failure(lambda: socket.connect(SERVER, 80, pair.now_ns)) for _ in range(2)] == ["", "EISCONN"]
    assert failure(lambda: pair.listen(81).connect(SERVER, 80, pair.now_ns)) == "EISCONN"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (IcmpKind.HOST_UNREACHABLE, "EHOSTUNREACH"),
        (IcmpKind.ADMIN_PROHIBITED, "EHOSTUNREACH"),
        (IcmpKind.PORT_UNREACHABLE, "ECONNREFUSED"),
        (IcmpKind.NET_UNREACHABLE, "ENETUNREACH"),
    ],
)
def test_icmp_ends_a_connect_with_its_errno(kind: IcmpKind, code: str) -> None:
    pair = Pair(passes=lambda _: False)
    socket = pair.begin()
    pair.run()
    assert socket.local is not None
    seq = pair.log[0][1].segment.seq
    pair.inject_icmp(IcmpError(kind, "10.0.0.254", CLIENT, socket.local.port, SERVER, 80, seq))
    assert failure(lambda: socket.connect(SERVER, 80, pair.now_ns)) == code
    assert moved(pair.client, "Icmp.InDestUnreachs", "Tcp.AttemptFails") == {"Icmp.InDestUnreachs": 1, "Tcp.AttemptFails": 1}


def test_an_icmp_error_about_nothing_of_ours_is_counted_and_forgotten() -> None:
    pair = Pair()
    pair.inject_icmp(IcmpError(IcmpKind.HOST_UNREACHABLE, "10.0.0.254", CLIENT, 5, SERVER, 80, 1))
    assert moved(pair.client, "Icmp.InErrors", "Icmp.InDestUnreachs") == {"Icmp.InErrors": 1, "Icmp.InDestUnreachs": 1}


def test_silence_is_given_up_after_131_seconds_and_eleven_syns() -> None:
    pair = Pair(passes=lambda _: False)
    socket = pair.begin()
    start = pair.now_ns
    pair.run(130 * SECOND_NS)
    assert socket.state is State.SYN_SENT
    pair.run(4 * SECOND_NS)
    assert failure(lambda: socket.connect(SERVER, 80, pair.now_ns)) == "ETIMEDOUT"
    assert [round((when - start) / SECOND_NS) for when, _ in pair.log] == [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67]
    names = ("TCPAbortOnTimeout", "TCPSynRetrans", "Tcp.AttemptFails", "Tcp.RetransSegs", "TCPTimeouts")
    assert moved(pair.client, *names) == dict(zip(names, (1, 10, 1, 10, 11), strict=True))


def test_a_close_while_connecting_is_no_failed_attempt_and_sends_nothing() -> None:
    pair = Pair(passes=lambda _: False)
    pair.close(pair.begin())
    assert len(pair.log) == 1 and not pair.client.host.table
    assert moved(pair.client, "Tcp.AttemptFails") == {"Tcp.AttemptFails": 0} and pair.client.host.orphans == 0


def test_a_socket_connects_to_itself() -> None:
    pair = Pair()
    socket = pair.client.socket()
    socket.bind(LOOPBACK_IPV4, 45_678)
    pair.begin(45_678, socket=socket, address=LOOPBACK_IPV4)
    pair.run()
    assert socket.state is State.ESTABLISHED and socket.local == socket.remote
    pair.send(socket, b"echo")
    assert pair.recv(socket) == b"echo"
    assert pair.log == []  # nothing left the host


def test_connect_to_a_service_of_the_same_host_goes_by_loopback() -> None:
    pair = Pair()
    seen = []
    pair.client.on_loopback = lambda packet, _: seen.append(packet)
    pair.listen(stack=pair.client)
    socket = pair.begin(address=CLIENT)
    pair.run()
    assert socket.state is State.ESTABLISHED and len(seen) == 3 and pair.log == []
