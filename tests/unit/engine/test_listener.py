"""A listener seen from the wire: full queues, cookies, and which segments it answers."""

from __future__ import annotations

import pytest

from estab.machine.states import State
from estab.wire.segment import ACK, FIN, PSH, RST, SYN, SynOptions
from tests.unit.engine.by_hand import LINUX, Wire, letters


def test_what_a_listener_answers_and_what_it_does_not() -> None:
    wire = Wire()
    wire.listen()
    answers = {
        flags: "".join(letters(packet.segment.flags) for packet in wire.put(flags, 100, 200, port=flags + 1))
        for flags in (0, RST, RST | ACK, ACK, ACK | PSH, SYN | ACK, SYN | RST, SYN | FIN, FIN, FIN | ACK, SYN)
    }
    assert answers == {
        0: "", RST: "", RST | ACK: "", ACK: "R", ACK | PSH: "R", SYN | ACK: "R", SYN | RST: "", SYN | FIN: "", FIN: "", FIN | ACK: "R",
        SYN: "S.",
    }  # fmt: skip
    assert wire.stack.counters["Tcp.OutRsts"] == 4


def test_without_a_listener_everything_but_a_reset_is_answered_by_one() -> None:
    wire = Wire()
    (answer,) = wire.put(SYN, 100, to=81)
    assert letters(answer.segment.flags) == "R." and answer.segment.ack == 101 and answer.segment.window == 0
    assert wire.put(RST, 100, to=81) == []
    assert wire.counted("Tcp.OutRsts", "Tcp.InSegs", "Tcp.OutSegs") == {"Tcp.OutRsts": 1, "Tcp.InSegs": 2, "Tcp.OutSegs": 1}


def test_a_flood_without_cookies_fills_the_syn_queue_with_one_more_than_the_limit() -> None:
    """As a kernel did with backlog 8: 9 half-open entries, the other SYNs counted as dropped, no overflow of the accept queue."""
    wire = Wire(LINUX.but(tcp_syncookies=0, tcp_max_syn_backlog=16))
    wire.listen(backlog=8)
    for number in range(100):
        wire.put(SYN, number, port=1024 + number)
    assert len(wire.stack.host.table) == 9
    assert wire.counted("ListenDrops", "TCPReqQFullDrop", "ListenOverflows", "SyncookiesSent") == {
        "ListenDrops": 91,
        "TCPReqQFullDrop": 91,
        "ListenOverflows": 0,
        "SyncookiesSent": 0,
    }


def test_without_cookies_the_last_quarter_of_tcp_max_syn_backlog_is_kept_free() -> None:
    wire = Wire(LINUX.but(tcp_syncookies=0, tcp_max_syn_backlog=16))
    wire.listen(backlog=100)
    for number in range(50):
        wire.put(SYN, number, port=1024 + number)
    assert len(wire.stack.host.table) == 13
    assert wire.counted("ListenDrops", "TCPReqQFullDrop") == {"ListenDrops": 37, "TCPReqQFullDrop": 0}


def test_a_flood_with_cookies_keeps_nothing_beyond_the_queue_and_drops_nothing() -> None:
    wire = Wire()
    wire.listen(backlog=8)
    answers = [wire.put(SYN, number, port=1024 + number) for number in range(101)]
    assert all(len(answer) == 1 and letters(answer[0].segment.flags) == "S." for answer in answers)
    assert len(wire.stack.host.table) == 9
    assert wire.counted("SyncookiesSent", "TCPReqQFullDoCookies", "ListenDrops") == {
        "SyncookiesSent": 92,
        "TCPReqQFullDoCookies": 92,
        "ListenDrops": 0,
    }


def test_a_cookie_without_timestamps_offers_no_options_and_one_with_them_all() -> None:
    wire = Wire(LINUX.but(tcp_syncookies=2))
    wire.listen()
    (bare,) = wire.put(SYN, 1, port=1)
    (full,) = wire.put(SYN, 1, port=2, tsval=700)
    assert bare.segment.syn == SynOptions(mss_bytes=1460)
    assert full.segment.syn is not None and full.segment.syn.window_scale is not None and full.segment.syn.sack_permitted
    assert full.segment.tsecr == 700 and not wire.stack.host.table


def test_a_forged_ack_is_refused_and_counts_as_a_failed_cookie_only_after_an_overflow() -> None:
    wire = Wire()
    wire.listen(backlog=0)
    assert [letters(packet.segment.flags) for packet in wire.put(ACK, 1, 12_345, port=5555)] == ["R"]
    assert wire.counted("SyncookiesFailed") == {"SyncookiesFailed": 0}
    for number in range(3):
        wire.put(SYN, 1, port=1024 + number)
    assert [letters(packet.segment.flags) for packet in wire.put(ACK, 1, 12_345, port=5555)] == ["R"]
    assert wire.counted("SyncookiesFailed", "SyncookiesSent") == {"SyncookiesFailed": 1, "SyncookiesSent": 2}
    wire.wait(121)
    wire.put(ACK, 1, 12_345, port=5555)
    assert wire.counted("SyncookiesFailed") == {"SyncookiesFailed": 1}


@pytest.mark.parametrize(("backlog", "limit"), [(0, 0), (5, 5), (100_000, 4096), (-1, 4096)])
def test_the_limit_is_the_smaller_of_backlog_and_somaxconn(backlog: int, limit: int) -> None:
    wire = Wire()
    wire.listen(backlog=backlog)
    (listener,) = [one for one in wire.stack.sockets(wire.now_ns) if one.state is State.LISTEN]
    assert (listener.recv_queue, listener.send_queue) == (0, limit)


def test_a_new_somaxconn_counts_from_the_next_listen() -> None:
    wire = Wire(LINUX.but(somaxconn=7))
    socket = wire.listen(backlog=511)

    def limit() -> int:
        return next(one.send_queue for one in wire.stack.sockets(wire.now_ns))

    assert limit() == 7
    wire.stack.knobs = wire.stack.knobs.but(somaxconn=4096)
    assert limit() == 7
    socket.listen(511, wire.now_ns)
    assert limit() == 511


def test_closing_forgets_half_open_entries_and_the_late_ack_is_refused() -> None:
    wire = Wire()
    socket = wire.listen()
    (answer,) = wire.put(SYN, 9)
    socket.close(wire.now_ns)
    assert wire.out() == [] and not wire.stack.host.table
    assert [letters(packet.segment.flags) for packet in wire.put(ACK, 10, answer.segment.seq + 1)] == ["R"]
