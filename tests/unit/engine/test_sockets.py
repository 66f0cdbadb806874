"""Calls of sockets and the errno each gives; what is said of a kernel here was asked of one (tests/interop/test_socket_calls.py)."""

from __future__ import annotations

import contextlib
import errno

import pytest

from estab.engine.socket_options import CallError, SocketOption
from estab.engine.sockets import Flag, Shutdown, Socket
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import State
from estab.seq import MASK
from estab.wire.segment import ACK, SYN, IcmpError, IcmpKind
from tests.unit.engine.hosts import CLIENT, LINUX, SERVER, Pair, failure, moved

BIG = bytes(range(251)) * 1200


def test_bytes_go_both_ways_and_an_end_is_an_empty_read() -> None:
    pair = Pair()
    listener, client, server = pair.both()
    assert (client.local, client.remote) == (server.remote, server.local) and listener.local is not None
    pair.send(client, b"request")
    assert pair.recv(server, 3) == b"req" and pair.recv(server) == b"uest"
    assert failure(lambda: pair.recv(server)) == "EAGAIN"
    pair.send(server, b"response")
    server.shutdown(Shutdown.WRITE, pair.now_ns)
    pair.run()
    assert [pair.recv(client), pair.recv(client), pair.recv(client)] == [b"response", b"", b""]
    assert (client.state, server.state) == (State.CLOSE_WAIT, State.FIN_WAIT_2)
    pair.send(client, b"still")
    assert pair.recv(server) == b"still" and failure(lambda: server.send(b"x", pair.now_ns)) == "EPIPE"
    pair.close(client)
    assert pair.recv(server) == b"" and pair.states(pair.client) == []


def fill(pair: Pair, socket: Socket) -> int:
    """Write until no more is taken; how much was."""
    taken = 0
    while not failure(lambda: pair.send(socket, BIG[:1])):
        taken += 1
        while not failure(lambda: pair.send(socket, BIG)):
            pass
    return taken + socket.output_queue_bytes


def test_a_stream_longer_than_any_buffer_arrives_whole() -> None:
    pair = Pair()
    _, client, server = pair.both()
    sent, received = 0, bytearray()
    while len(received) < len(BIG):
        with contextlib.suppress(CallError):
            sent += client.send(BIG[sent : sent + 50_000], pair.now_ns)
        pair.run(MILLISECOND_NS)
        if server.input_queue_bytes:
            received += pair.recv(server)
    assert bytes(received) == BIG and sent == len(BIG)


def test_sending_stops_with_eagain_when_the_buffers_are_full() -> None:
    pair = Pair()
    _, client, _ = pair.both()
    assert fill(pair, client) > 10_000 and client.output_queue_bytes > 0
    assert failure(lambda: client.send(b"x", pair.now_ns)) == "EAGAIN"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("send", "EPIPE"),
        ("recv", "ENOTCONN"),
        ("shutdown", "ENOTCONN"),
        ("accept", "EINVAL"),
    ],
)
def test_a_socket_that_is_not_connected(call: str, code: str) -> None:
    pair = Pair()
    socket = pair.client.socket()
    calls = {
        "send": lambda: socket.send(b"x", 0),
        "recv": lambda: socket.recv(1, 0),
        "shutdown": lambda: socket.shutdown(Shutdown.BOTH, 0),
        "accept": lambda: socket.accept(0),
    }
    assert failure(calls[call]) == code
    assert socket.local is None and socket.remote is None and socket.state is State.CLOSED


def test_a_listener_is_no_stream_and_a_stream_no_listener() -> None:
    pair = Pair()
    listener, client, _ = pair.both()
    assert [failure(lambda: listener.send(b"x", 0)), failure(lambda: listener.recv(1, 0))] == ["EPIPE", "ENOTCONN"]
    assert failure(lambda: listener.accept(pair.now_ns)) == "EAGAIN"
    assert [failure(lambda: client.listen(1, 0)), failure(lambda: client.accept(0))] == ["EINVAL", "EINVAL"]
    assert failure(lambda: listener.input_queue_bytes) == "EINVAL"


def test_while_connecting_nothing_can_be_sent_or_read() -> None:
    pair = Pair(passes=lambda _: False)
    socket = pair.begin()
    assert [failure(lambda: socket.send(b"x", pair.now_ns)), failure(lambda: pair.recv(socket))] == ["EAGAIN", "EAGAIN"]
    socket.shutdown(Shutdown.BOTH, pair.now_ns)
    assert socket.state is State.CLOSED


def test_a_closed_socket_does_nothing_any_more() -> None:
    pair = Pair()
    _, client, _ = pair.both()
    pair.close(client)
    client.close(pair.now_ns)
    codes = {failure(call) for call in (lambda: client.send(b"x", 0), lambda: client.recv(1, 0), lambda: client.bind("0.0.0.0", 0))}
    assert codes == {"EBADF"}


def test_a_reset_is_told_once_and_data_before_it_is_not_lost() -> None:
    pair = Pair()
    _, client, server = pair.both()
    pair.send(server, b"last words")
    server.setsockopt(SocketOption.LINGER, (1, 0), pair.now_ns)
    pair.close(server)
    assert pair.recv(client) == b"last words"
    assert [failure(lambda: pair.recv(client)), failure(lambda: client.send(b"x", pair.now_ns))] == ["ECONNRESET", "EPIPE"]
    assert pair.recv(client) == b"" and failure(lambda: client.shutdown(Shutdown.WRITE, pair.now_ns)) == "ENOTCONN"


def test_peek_leaves_and_trunc_throws_away() -> None:
    pair = Pair()
    _, client, server = pair.both()
    pair.send(client, b"abcdef")
    assert pair.recv(server, 3, Flag.PEEK) == b"abc" and pair.recv(server, 6, Flag.PEEK) == b"abcdef"
    assert pair.recv(server, 2, Flag.TRUNC) == b"\0\0" and pair.recv(server) == b"cdef"
    assert pair.recv(server, 0) == b""


def test_the_urgent_byte_is_out_of_band() -> None:
    pair = Pair()
    _, client, server = pair.both()
    assert failure(lambda: pair.recv(server, 1, Flag.OOB)) == "EINVAL"
    pair.send(client, b"abc", Flag.OOB)
    assert pair.recv(server, 1, Flag.PEEK | Flag.OOB) == b"c" and pair.recv(server, 1, Flag.OOB) == b"c"
    assert failure(lambda: pair.recv(server, 1, Flag.OOB)) == "EINVAL"
    assert pair.recv(server) == b"ab"


def test_with_oobinline_the_urgent_byte_is_part_of_the_stream() -> None:
    pair = Pair()
    _, client, server = pair.both()
    server.setsockopt(SocketOption.OOBINLINE, 1, pair.now_ns)
    pair.send(client, b"abc", Flag.OOB)
    assert failure(lambda: pair.recv(server, 1, Flag.OOB)) == "EINVAL"
    assert b"".join([pair.recv(server), pair.recv(server) if server.input_queue_bytes else b""]) == b"abc"


def test_more_waits_for_more() -> None:
    pair = Pair()
    _, client, server = pair.both()
    pair.send(client, b"head", Flag.MORE)
    assert server.input_queue_bytes == 0
    pair.send(client, b"body")
    assert pair.recv(server) == b"headbody"
    payloads = [packet.segment.payload for _, packet in pair.log if packet.segment.payload]
    assert payloads == [b"headbody"]


def test_nothing_is_joined_to_the_end_of_a_record() -> None:
    silent = True
    pair = Pair(passes=lambda packet: not silent or not packet.segment.payload)
    _, client, server = pair.both()
    for data, flags in ((bytes(14_480), Flag.NONE), (b"one", Flag.EOR), (b"two", Flag.NONE), (b"three", Flag.NONE)):
        client.send(data, pair.now_ns, flags)
    pair.run(pair.delay_ns)
    silent = False
    pair.run(SECOND_NS)
    assert pair.recv(server)[-11:] == b"onetwothree"
    ends = [packet.segment.payload[-3:] for _, packet in pair.log if packet.segment.payload]
    assert b"one" in ends


def test_an_unreachable_host_is_told_by_so_error_once() -> None:
    pair = Pair(passes=lambda packet: not packet.segment.payload)
    _, client, _ = pair.both()
    assert client.local is not None and client.entry is not None
    pair.send(client, b"data")
    number = client.entry.connection.sender.snd_una & MASK  # type: ignore[union-attr]
    pair.inject_icmp(IcmpError(IcmpKind.HOST_UNREACHABLE, "10.0.0.254", CLIENT, client.local.port, SERVER, 80, number))
    assert client.send(b"more", pair.now_ns) == 4  # no call fails of it
    assert [client.getsockopt(SocketOption.ERROR, pair.now_ns) for _ in range(2)] == [errno.EHOSTUNREACH, 0]


def test_queues_as_siocinq_and_siocoutq_tell_them() -> None:
    blocked = False
    pair = Pair(passes=lambda _: not blocked)
    _, client, server = pair.both()
    pair.send(client, b"12345")
    assert (server.input_queue_bytes, client.output_queue_bytes, client.unsent_queue_bytes) == (5, 0, 0)
    blocked = True
    pair.send(client, b"123")
    assert (client.output_queue_bytes, client.unsent_queue_bytes) == (3, 0)


def test_closing_leaves_an_orphan_that_ends_by_itself() -> None:
    pair = Pair()
    _, client, server = pair.both()
    pair.send(client, b"unacknowledged")
    client.close(pair.now_ns)
    assert pair.client.host.orphans == 1
    pair.run()
    assert pair.client.host.orphans == 0 and pair.states(pair.client) == [State.FIN_WAIT_2]
    assert [pair.recv(server), pair.recv(server)] == [b"unacknowledged", b""]


def test_too_many_orphans_are_reset() -> None:
    silent = False
    pair = Pair(client=LINUX.but(tcp_max_orphans=2), passes=lambda _: not silent)
    pair.listen()
    clients = [pair.connect() for _ in range(3)]
    silent = True
    for socket in clients:
        pair.close(socket)
    assert pair.states(pair.client) == [State.FIN_WAIT_1] * 2 and pair.client.host.orphans == 2
    assert moved(pair.client, "TCPAbortOnMemory", "Tcp.OutRsts") == {"TCPAbortOnMemory": 1, "Tcp.OutRsts": 1}


def test_an_orphan_whose_peer_is_dead_is_given_up() -> None:
    silent = False
    pair = Pair(passes=lambda _: not silent)
    _, client, _ = pair.both()
    silent = True
    pair.close(client)
    pair.run(100 * SECOND_NS)
    assert pair.states(pair.client) == [State.FIN_WAIT_1]
    pair.run(15 * SECOND_NS)
    assert pair.states(pair.client) == [] and pair.client.host.orphans == 0


# Fast Open


def _fast_pair() -> Pair:
    pair = Pair(client=LINUX.but(tcp_fastopen=1), server=LINUX.but(tcp_fastopen=3))
    listener = pair.server.socket()
    listener.setsockopt(SocketOption.FASTOPEN, 16, pair.now_ns)
    listener.bind("0.0.0.0", 80)
    listener.listen(16, pair.now_ns)
    client = pair.client.socket()
    assert failure(lambda: client.send(b"first", pair.now_ns, Flag.FASTOPEN, to=(SERVER, 80))) == "EINPROGRESS"
    pair.run()
    pair.send(client, b"first")
    server = listener.accept(pair.now_ns)
    assert pair.recv(server) == b"first"
    for socket in (client, server):
        pair.close(socket)
    pair.fast_listener = listener  # type: ignore[attr-defined]
    return pair


def test_the_first_fast_open_asks_for_a_cookie_and_the_second_sends_data_in_its_syn() -> None:
    pair = _fast_pair()
    listener = pair.fast_listener  # type: ignore[attr-defined]
    assert moved(pair.server, "TCPFastOpenCookieReqd", "TCPFastOpenPassive") == {"TCPFastOpenCookieReqd": 1, "TCPFastOpenPassive": 0}
    client = pair.client.socket()
    assert client.send(b"second", pair.now_ns, Flag.FASTOPEN, to=(SERVER, 80)) == 6
    pair.run(pair.delay_ns * 3 // 2)
    server = listener.accept(pair.now_ns)  # before the handshake is complete
    assert pair.recv(server) == b"second" and pair.states(pair.server)[0] is State.SYN_RECEIVED
    server.send(b"answer", pair.now_ns)
    pair.run()
    assert pair.recv(client) == b"answer" and [client.state, server.state] == [State.ESTABLISHED] * 2
    assert moved(pair.server, "TCPFastOpenPassive")["TCPFastOpenPassive"] == 1
    assert moved(pair.client, "TCPFastOpenActive")["TCPFastOpenActive"] == 1
    syn = [packet.segment for _, packet in pair.log if packet.segment.flags & SYN and packet.segment.payload]
    assert [segment.payload for segment in syn] == [b"second"]


def test_fastopen_connect_defers_the_syn_to_the_first_send() -> None:
    pair = _fast_pair()
    sent = len(pair.log)
    client = pair.client.socket()
    client.setsockopt(SocketOption.FASTOPEN_CONNECT, 1, pair.now_ns)
    client.connect(SERVER, 80, pair.now_ns)
    pair.run()
    assert len(pair.log) == sent and client.remote is not None
    assert client.send(b"data", pair.now_ns) == 4
    pair.run()
    assert pair.log[sent][1].segment.payload == b"data"


def test_calls_before_the_deferred_syn_and_while_it_is_unanswered() -> None:
    pair = _fast_pair()
    client = pair.client.socket()
    client.setsockopt(SocketOption.FASTOPEN_CONNECT, 1, pair.now_ns)
    client.connect(SERVER, 80, pair.now_ns)
    assert failure(lambda: pair.recv(client)) == "EAGAIN"
    assert client.send(b"data", pair.now_ns, Flag.FASTOPEN, to=(SERVER, 80)) == 4
    assert failure(lambda: client.send(b"more", pair.now_ns, Flag.FASTOPEN, to=(SERVER, 80))) == "EALREADY"
    pair.run()
    assert client.send(b"more", pair.now_ns, Flag.FASTOPEN, to=(SERVER, 80)) == 4


def test_a_listener_with_a_key_of_its_own() -> None:
    pair = _fast_pair()
    pair.fast_listener.setsockopt(SocketOption.FASTOPEN_KEY, b"k" * 16, pair.now_ns)  # type: ignore[attr-defined]
    assert pair.fast_listener.getsockopt(SocketOption.FASTOPEN_KEY, pair.now_ns) == b"k" * 16  # type: ignore[attr-defined]
    for _ in range(2):
        client = pair.client.socket()
        client.send(b"data", pair.now_ns, Flag.FASTOPEN, to=(SERVER, 80))
        pair.run()
    assert moved(pair.server, "TCPFastOpenPassiveFail", "TCPFastOpenPassive") == {"TCPFastOpenPassiveFail": 1, "TCPFastOpenPassive": 1}


def test_an_icmp_error_ends_a_fast_open_child_that_nobody_has_accepted() -> None:
    pair = _fast_pair()
    client = pair.client.socket()
    client.send(b"data", pair.now_ns, Flag.FASTOPEN, to=(SERVER, 80))
    pair.run(pair.delay_ns * 3 // 2)
    assert client.local is not None
    child = next(packet.segment for _, packet in pair.log[::-1] if packet.source == SERVER)
    pair.inject_icmp(IcmpError(IcmpKind.PORT_UNREACHABLE, "10.0.0.254", SERVER, 80, CLIENT, client.local.port, child.seq))
    assert State.SYN_RECEIVED not in pair.states(pair.server)


def test_a_refused_request_is_made_in_the_experimental_format_next() -> None:
    pair = Pair(client=LINUX.but(tcp_fastopen=1), server=LINUX.but(tcp_fastopen=0))
    pair.listen()
    for _ in range(3):
        client = pair.client.socket()
        assert failure(lambda socket=client: socket.send(b"x", pair.now_ns, Flag.FASTOPEN, to=(SERVER, 80))) == "EINPROGRESS"  # type: ignore[misc]
        pair.run()
    asked = [packet.segment.syn for _, packet in pair.log if packet.segment.flags & (SYN | ACK) == SYN]
    assert [one.fast_open_experimental for one in asked if one is not None] == [False, True, False]


def test_a_cookie_that_is_not_valid_is_answered_by_one_that_is() -> None:
    pair = _fast_pair()
    pair.server.host.fast_open_keys.renew(b"1" * 16)
    pair.server.host.fast_open_keys.renew(b"2" * 16)
    client = pair.client.socket()
    client.send(b"data", pair.now_ns, Flag.FASTOPEN, to=(SERVER, 80))
    pair.run()
    assert moved(pair.server, "TCPFastOpenPassiveFail", "TCPFastOpenPassive") == {"TCPFastOpenPassiveFail": 1, "TCPFastOpenPassive": 0}
    assert moved(pair.client, "TCPFastOpenActiveFail") == {"TCPFastOpenActiveFail": 1}
    server = pair.fast_listener.accept(pair.now_ns)  # type: ignore[attr-defined]
    assert pair.recv(server) == b"data"


def test_fast_open_that_is_switched_off() -> None:
    pair = Pair(client=LINUX.but(tcp_fastopen=0))
    client = pair.client.socket()
    assert failure(lambda: client.send(b"x", 0, Flag.FASTOPEN, to=(SERVER, 80))) == "ENOTSUP"
    assert failure(lambda: client.setsockopt(SocketOption.FASTOPEN_CONNECT, 1, 0)) == "ENOTSUP"
