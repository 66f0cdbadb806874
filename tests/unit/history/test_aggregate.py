"""Two readings become an interval."""

from __future__ import annotations

from estab.flow import Endpoint
from estab.history.aggregate import aggregate, listeners_of, moved, peers_of
from estab.history.interval import CROWDS_KEPT, Crowd, ListenerLoad
from estab.machine.states import State
from estab.snapshot import HostSnapshot, SocketSnapshot
from estab.snapshot_table import socket_table


def socket(local: tuple[str, int], remote: tuple[str, int], state: State, recv: int = 0, send: int = 0) -> SocketSnapshot:
    return SocketSnapshot(local=Endpoint(*local), remote=Endpoint(*remote), state=state, recv_queue=recv, send_queue=send)


SOCKETS = [
    socket(("0.0.0.0", 80), ("0.0.0.0", 0), State.LISTEN, recv=129, send=128),
    socket(("::", 443), ("::", 0), State.LISTEN, send=4096),
    *(socket(("10.0.0.1", 80), ("10.0.0.9", 40000 + port), State.ESTABLISHED) for port in range(3)),
    socket(("10.0.0.1", 80), ("10.0.0.9", 50000), State.CLOSE_WAIT),
    socket(("10.0.0.1", 35000), ("10.0.0.8", 5432), State.TIME_WAIT),
    socket(("10.0.0.1", 35001), ("10.0.0.8", 5432), State.TIME_WAIT),
    socket(("2001:db8::1", 35001), ("2001:db8::2", 5432), State.SYN_SENT),
]


def test_crowds_by_their_far_end() -> None:
    assert peers_of(socket_table(SOCKETS)) == (
        Crowd("10.0.0.9 → :80", {"ESTABLISHED": 3, "CLOSE-WAIT": 1}),
        Crowd("→ 10.0.0.8:5432", {"TIME-WAIT": 2}),
        Crowd("→ [2001:db8::2]:5432", {"SYN-SENT": 1}),
    )


def test_only_the_largest_crowds_are_kept() -> None:
    many = [socket(("10.0.0.1", 35000), (f"10.1.0.{peer}", 443), State.ESTABLISHED) for peer in range(100) for _ in range(1 + peer % 50)]
    crowds = peers_of(socket_table(many))
    assert len(crowds) == CROWDS_KEPT and [crowd.sockets for crowd in crowds[:3]] == [50, 50, 49]


def test_the_fullest_queue_comes_first() -> None:
    assert listeners_of(socket_table(SOCKETS)) == (ListenerLoad("0.0.0.0:80", 129, 128), ListenerLoad("[::]:443", 0, 4096))


def test_counters_that_moved() -> None:
    assert moved({"a": 1, "b": 2, "gone": 3}, {"a": 5, "b": 2, "new": 9}) == {"a": 4}


def test_an_interval() -> None:
    before = HostSnapshot(taken_ns=1, counters={"Tcp.ActiveOpens": 5})
    after = HostSnapshot(taken_ns=11, counters={"Tcp.ActiveOpens": 9}, sockets=socket_table(SOCKETS))
    interval = aggregate(before, after)
    assert (interval.lasted_ns, interval.moved, interval.partial) == (10, {"Tcp.ActiveOpens": 4}, False)
    assert interval.states == {"LISTEN": 2, "SYN-SENT": 1, "ESTABLISHED": 3, "CLOSE-WAIT": 1, "TIME-WAIT": 2}


def test_a_reading_without_sockets_keeps_what_there_is() -> None:
    interval = aggregate(HostSnapshot(taken_ns=1), HostSnapshot(taken_ns=2))
    assert (interval.states, interval.peers, interval.listeners) == ({}, (), ())
