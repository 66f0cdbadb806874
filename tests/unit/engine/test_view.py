"""Queues, timers and last numbers as they show from outside."""

from __future__ import annotations

from estab.engine.socket_options import SocketOption
from estab.engine.view import last_numbers, recv_queue_bytes, send_queue_bytes, timer_of
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.snapshot import SocketSnapshot, TimerKind
from tests.unit.engine.hosts import Pair


def _one(pair: Pair) -> SocketSnapshot:
    (found,) = pair.client.sockets(pair.now_ns)
    return found


def test_a_fin_counts_as_one_byte_of_the_receive_queue() -> None:
    pair = Pair()
    _, client, server = pair.both()
    pair.send(server, b"1234567")
    assert _one(pair).recv_queue == 7
    pair.close(server)
    assert (_one(pair).state, _one(pair).recv_queue, _one(pair).shutdown) == (State.CLOSE_WAIT, 8, 1)
    pair.recv(client)
    assert _one(pair).recv_queue == 1


def test_a_syn_a_byte_and_a_fin_count_in_the_send_queue() -> None:
    silent = True
    pair = Pair(passes=lambda _: not silent)
    pair.listen()
    client = pair.begin()
    pair.run(SECOND_NS // 2)
    one = _one(pair)
    assert (one.state, one.send_queue, one.timer, one.timer_expires_ms, one.timer_retries) == (
        State.SYN_SENT,
        1,
        TimerKind.RETRANSMIT,
        500,
        0,
    )
    silent = False
    pair.run(SECOND_NS)
    silent = True
    pair.send(client, b"abc")
    assert (_one(pair).send_queue, _one(pair).timer) == (3, TimerKind.RETRANSMIT)
    assert _one(pair).shutdown == 0
    pair.close(client)
    one = _one(pair)
    assert (one.state, one.send_queue, one.inode, one.shutdown) == (State.FIN_WAIT_1, 4, 0, 3)


def test_keepalive_shows_as_its_timer_and_an_idle_socket_has_none() -> None:
    pair = Pair()
    _, client, _ = pair.both()
    pair.run(SECOND_NS)
    assert _one(pair).timer is TimerKind.NONE
    client.setsockopt(SocketOption.KEEPALIVE, 1, pair.now_ns)
    one = _one(pair)
    assert one.timer is TimerKind.KEEPALIVE and 7_100_000 < one.timer_expires_ms <= 7_200_000
    assert one.inode == client.inode and one.congestion == "cubic" and one.info is not None and one.memory is not None


def test_a_closed_window_shows_as_the_persist_timer() -> None:
    pair = Pair()
    _, client, _ = pair.both()
    try:
        while True:
            client.send(b"z" * 65_536, pair.now_ns)
            pair.run(SECOND_NS)
    except OSError:
        pass
    assert _one(pair).timer is TimerKind.PERSIST


def test_last_numbers_are_those_of_the_connection() -> None:
    pair = Pair()
    _, client, server = pair.both()
    pair.send(client, b"abc")
    assert client.entry is not None and server.entry is not None
    here, there = last_numbers(client.entry.connection), last_numbers(server.entry.connection)
    assert (here.snd_nxt - there.rcv_nxt) % (1 << 32) == 0 and (there.snd_nxt - here.rcv_nxt) % (1 << 32) == 0
    assert here.timestamps and here.rcv_wnd > 60_000 and here.window_field == here.rcv_wnd >> 7
    assert recv_queue_bytes(server.entry.connection) == 3 and send_queue_bytes(client.entry.connection) == 0
    assert timer_of(client.entry.connection, pair.now_ns)[0] is TimerKind.NONE
