"""bind() and the choice of source and port; numbers of ports and errno values are what a kernel gave."""

from __future__ import annotations

import errno

import pytest

from estab.engine.addresses import Route
from estab.engine.socket_options import SocketOption
from estab.engine.stack import Stack
from estab.flow import Endpoint
from tests.unit.engine.hosts import CLIENT, LINUX, SERVER, Pair, failure

NARROW = LINUX.but(ip_local_port_range=(40_000, 40_009))


def _bound(stack: Stack, address: str, port: int, *options: SocketOption, uid: int = 0, ipv6: bool = False) -> str:
    socket = stack.socket(uid=uid, ipv6=ipv6)
    for option in options:
        socket.setsockopt(option, 1, 0)
    return failure(lambda: socket.bind(address, port))


def _opened(pair: Pair, port: int, *, bind: bool = False, options: tuple[SocketOption, ...] = ()) -> tuple[int, str]:
    """How many connects to a port succeed one after the other, and how the next one fails."""
    for count in range(100):
        socket = pair.client.socket()
        for option in options:
            socket.setsockopt(option, 1, pair.now_ns)
        if bind and (code := failure(lambda socket=socket: socket.bind(CLIENT, 0))):  # type: ignore[misc]
            return count, code
        code = failure(lambda socket=socket: socket.connect(SERVER, port, pair.now_ns))  # type: ignore[misc]
        if code != "EINPROGRESS":
            return count, code
    raise AssertionError("no end")


def test_a_range_of_ten_ports_gives_ten_connections_to_each_destination_and_then_99() -> None:
    pair = Pair(client=NARROW)
    assert _opened(pair, 80) == (10, "EADDRNOTAVAIL")
    assert _opened(pair, 81) == (10, "EADDRNOTAVAIL")
    ports = [one.local.port for one in pair.client.sockets(pair.now_ns)]
    assert sorted(ports[:10]) == list(range(40_000, 40_010)) and all(port % 2 == 0 for port in ports[:5])


def test_binding_first_takes_the_port_from_all_destinations_and_ends_with_98() -> None:
    pair = Pair(client=NARROW)
    assert _opened(pair, 80, bind=True) == (10, "EADDRINUSE")
    assert _opened(pair, 81, bind=True) == (0, "EADDRINUSE")
    assert _opened(pair, 82) == (0, "EADDRNOTAVAIL")


def test_bind_address_no_port_leaves_the_port_to_connect() -> None:
    pair = Pair(client=NARROW)
    options = (SocketOption.BIND_ADDRESS_NO_PORT,)
    assert _opened(pair, 80, bind=True, options=options) == (10, "EADDRNOTAVAIL")
    assert _opened(pair, 81, bind=True, options=options) == (10, "EADDRNOTAVAIL")


def test_reuse_address_does_not_give_more_connections_to_one_destination() -> None:
    assert _opened(Pair(client=NARROW), 80, options=(SocketOption.REUSEADDR,)) == (10, "EADDRNOTAVAIL")


def test_reserved_ports_are_not_chosen_but_may_be_bound() -> None:
    pair = Pair(client=NARROW.but(ip_local_reserved_ports="40000-40004"))
    assert _opened(pair, 80) == (5, "EADDRNOTAVAIL")
    assert _bound(pair.client, CLIENT, 40_001) == ""


@pytest.mark.parametrize(
    ("address", "port", "uid", "ipv6", "code"),
    [
        ("10.50.50.50", 0, 0, False, "EADDRNOTAVAIL"),
        ("0.0.0.0", 80, 1000, False, "EACCES"),
        ("0.0.0.0", 1024, 1000, False, ""),
        ("0.0.0.0", 80, 0, False, ""),
        ("127.0.0.5", 80, 0, False, ""),
        ("fd00::1", 80, 0, False, "EAFNOSUPPORT"),
        ("fd00::1", 80, 0, True, ""),
        ("::", 80, 0, True, ""),
        ("10.0.0.1", 80, 0, True, ""),
        ("0.0.0.0", 65_536, 0, False, "EINVAL"),
        ("nonsense", 80, 0, False, "EINVAL"),
    ],
)
def test_what_bind_takes(address: str, port: int, uid: int, ipv6: bool, code: str) -> None:
    assert _bound(Pair().client, address, port, uid=uid, ipv6=ipv6) == code


def test_a_port_in_use_is_in_use_until_its_holder_closes_and_a_second_bind_of_one_socket_is_refused() -> None:
    pair = Pair()
    socket = pair.client.socket()
    socket.bind("0.0.0.0", 7000)
    assert failure(lambda: socket.bind("0.0.0.0", 7001)) == "EINVAL"
    assert _bound(pair.client, CLIENT, 7000) == "EADDRINUSE"
    socket.close(pair.now_ns)
    assert _bound(pair.client, CLIENT, 7000) == ""


def test_two_sockets_with_reuse_address_may_bind_but_only_one_may_listen() -> None:
    pair = Pair()
    sockets = [pair.server.socket() for _ in range(2)]
    for socket in sockets:
        socket.setsockopt(SocketOption.REUSEADDR, 1, pair.now_ns)
        socket.bind("0.0.0.0", 7000)
    sockets[0].listen(4, pair.now_ns)
    assert failure(lambda: sockets[1].listen(4, pair.now_ns)) == "EADDRINUSE"
    third = pair.server.socket()
    third.setsockopt(SocketOption.REUSEADDR, 1, pair.now_ns)
    assert failure(lambda: third.bind("0.0.0.0", 7000)) == "EADDRINUSE"


def test_a_port_of_an_outgoing_connection_cannot_be_bound_by_a_service() -> None:
    pair = Pair(client=LINUX.but(ip_local_port_range=(40_000, 40_001)))
    pair.begin()
    assert [_bound(pair.client, "0.0.0.0", 40_000, *options) for options in ((), (SocketOption.REUSEADDR,))] == ["EADDRINUSE"] * 2


def test_listen_without_bind_takes_a_port_of_the_other_parity() -> None:
    pair = Pair()
    socket = pair.server.socket()
    socket.listen(4, pair.now_ns)
    assert socket.local is not None and socket.local.address == "0.0.0.0" and socket.local.port % 2 == 1


def test_a_destination_without_route_fails_at_once_with_what_the_route_says() -> None:
    answers = {"10.1.0.1": errno.EACCES, "10.2.0.1": errno.EHOSTUNREACH, "10.3.0.1": errno.ENETUNREACH, "10.4.0.1": errno.EINVAL}
    pair = Pair()
    pair.client.host.addresses._routes = lambda destination: Route(errno=answers.get(destination, 0))
    socket = pair.client.socket()
    codes = [failure(lambda address=address: socket.connect(address, 80, 0)) for address in answers]  # type: ignore[misc]
    assert codes == ["EACCES", "EHOSTUNREACH", "ENETUNREACH", "EINVAL"]
    assert pair.client.counters["Ip.OutNoRoutes"] == 1 and not pair.client.host.table


def test_families_do_not_mix() -> None:
    pair = Pair()
    assert failure(lambda: pair.client.socket().connect("fd00::2", 80, 0)) == "EAFNOSUPPORT"
    only = pair.client.socket(ipv6=True)
    only.setsockopt(SocketOption.V6ONLY, 1, 0)
    assert failure(lambda: only.connect(SERVER, 80, 0)) == "ENETUNREACH"
    mixed = pair.client.socket(ipv6=True)
    assert failure(lambda: mixed.connect(SERVER, 80, 0)) == "EINPROGRESS" and mixed.local is not None and mixed.local.address == CLIENT


def test_the_wildcard_as_destination_is_this_host() -> None:
    pair = Pair()
    socket = pair.client.socket()
    assert failure(lambda: socket.connect("0.0.0.0", 80, 0)) == "EINPROGRESS"
    assert socket.remote == Endpoint("127.0.0.1", 80) and socket.local is not None and socket.local.address == "127.0.0.1"


def test_a_bound_socket_keeps_its_address_and_port_and_the_same_tuple_is_refused() -> None:
    pair = Pair()
    sockets = [pair.client.socket() for _ in range(2)]
    for socket in sockets:
        socket.setsockopt(SocketOption.REUSEADDR, 1, 0)
        socket.bind("0.0.0.0", 7000)
    assert failure(lambda: sockets[0].connect(SERVER, 80, 0)) == "EINPROGRESS"
    assert sockets[0].local == Endpoint(CLIENT, 7000)
    assert failure(lambda: sockets[1].connect(SERVER, 80, 0)) == "EADDRNOTAVAIL"
    assert failure(lambda: sockets[1].connect(SERVER, 81, 0)) == "EINPROGRESS"
