"""Which listener a segment is for."""

from __future__ import annotations

from collections import Counter

from estab.engine.socket_options import SocketOption
from estab.engine.sockets import Socket
from estab.wire.segment import SYN, Packet, Segment
from tests.unit.engine.by_hand import Wire

NOW = 0


def _listen(wire: Wire, address: str, *options: SocketOption) -> Socket:
    socket = wire.stack.socket(ipv6=":" in address)
    for option in options:
        socket.setsockopt(option, 1, NOW)
    socket.bind(address, 80)
    socket.listen(8, NOW)
    return socket


def _found(wire: Wire, destination: str, port: int = 40_000) -> object:
    source = "fd00::9" if ":" in destination else "10.0.0.9"
    return wire.stack.host.listeners.find(Packet(source, port, destination, 80, Segment(1, 0, SYN, 1)))


def test_the_very_address_comes_before_the_wildcard() -> None:
    wire = Wire()
    options = (SocketOption.REUSEPORT,)
    exact, wild = _listen(wire, "10.0.0.2", *options), _listen(wire, "0.0.0.0", *options)
    assert _found(wire, "10.0.0.2") is exact.listener and _found(wire, "127.0.0.1") is wild.listener
    exact.close(NOW)
    assert _found(wire, "10.0.0.2") is wild.listener


def test_a_listener_of_ipv6_takes_ipv4_too_unless_it_may_not() -> None:
    wire = Wire()
    both = _listen(wire, "::")
    assert _found(wire, "10.0.0.2") is both.listener and _found(wire, "fd00::2") is both.listener
    both.close(NOW)
    only = _listen(wire, "::", SocketOption.V6ONLY)
    assert _found(wire, "10.0.0.2") is None and _found(wire, "fd00::2") is only.listener
    four = _listen(wire, "0.0.0.0")
    assert _found(wire, "10.0.0.2") is four.listener and _found(wire, "fd00::2") is only.listener


def test_a_group_shares_clients_and_one_client_meets_the_same_listener() -> None:
    wire = Wire()
    group = [_listen(wire, "0.0.0.0", SocketOption.REUSEPORT).listener for _ in range(4)]
    shares = Counter(id(_found(wire, "10.0.0.2", port)) for port in range(2000))
    assert set(shares) == {id(listener) for listener in group} and min(shares.values()) > 400
    assert _found(wire, "10.0.0.2", 7) is _found(wire, "10.0.0.2", 7)


def test_another_port_is_nobodys() -> None:
    wire = Wire()
    _listen(wire, "0.0.0.0")
    assert wire.stack.host.listeners.find(Packet("10.0.0.9", 1, "10.0.0.2", 81, Segment(1, 0, SYN, 1))) is None
