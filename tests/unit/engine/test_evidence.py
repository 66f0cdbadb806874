"""What a live kernel (Linux 6.18) counted in provoked situations, and the same situations between two stacks.

The numbers are those of the kernel; where the two may differ (how many repetitions fit into the seconds that somebody watched) the test
watches for as long as was watched there.
"""

from __future__ import annotations

import pytest

from estab.engine.socket_options import SocketOption
from estab.engine.sockets import Socket
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import State
from estab.snapshot import TimerKind
from estab.wire.segment import ACK, FIN, RST, SYN, Packet, Segment
from tests.unit.engine.hosts import CLIENT, LINUX, SERVER, Pair, failure, moved


def burst(pair: Pair, count: int) -> list[Socket]:
    """So many clients connect at the same instant."""
    sockets = [pair.begin() for _ in range(count)]
    pair.run(100 * MILLISECOND_NS)
    return sockets


def listen_queue(pair: Pair) -> tuple[int, int]:
    (listener,) = [one for one in pair.server.sockets(pair.now_ns) if one.state is State.LISTEN]
    return listener.recv_queue, listener.send_queue


def test_a_full_accept_queue_drops_acks_and_repeats_syn_acks() -> None:
    pair = Pair()
    pair.listen(backlog=4)
    sockets = [pair.connect() for _ in range(4)] + burst(pair, 4)
    assert listen_queue(pair) == (5, 4)
    assert all(socket.state is State.ESTABLISHED for socket in sockets)
    assert pair.states(pair.server) == [State.SYN_RECEIVED] * 3 + [State.ESTABLISHED] * 5
    timers = [one for one in pair.server.sockets(pair.now_ns) if one.state is State.SYN_RECEIVED]
    assert all(one.timer is TimerKind.RETRANSMIT and one.timer_retries == 0 for one in timers)
    pair.run(3500 * MILLISECOND_NS)
    assert moved(pair.server, "ListenOverflows", "ListenDrops", "TCPTimeouts", "TCPSynRetrans", "Tcp.PassiveOpens", "Tcp.RetransSegs") == {
        "ListenOverflows": 9,
        "ListenDrops": 9,
        "TCPTimeouts": 6,
        "TCPSynRetrans": 6,
        "Tcp.PassiveOpens": 5,
        "Tcp.RetransSegs": 6,
    }
    assert moved(pair.client, "TCPChallengeACK", "TCPSYNChallenge", "Tcp.InErrs", "Tcp.ActiveOpens") == {
        "TCPChallengeACK": 6,
        "TCPSYNChallenge": 6,
        "Tcp.InErrs": 6,
        "Tcp.ActiveOpens": 8,
    }


def test_with_abort_on_overflow_the_clients_beyond_the_queue_are_reset() -> None:
    pair = Pair()
    pair.listen(backlog=4)
    sockets = [pair.connect() for _ in range(4)]
    pair.server.knobs = LINUX.but(tcp_abort_on_overflow=1)
    sockets += burst(pair, 4)
    assert moved(pair.server, "EmbryonicRsts", "ListenOverflows", "ListenDrops", "Tcp.PassiveOpens", "Tcp.OutRsts") == {
        "EmbryonicRsts": 3,
        "ListenOverflows": 3,
        "ListenDrops": 3,
        "Tcp.PassiveOpens": 5,
        "Tcp.OutRsts": 3,
    }
    assert moved(pair.client, "Tcp.EstabResets", "Tcp.ActiveOpens") == {"Tcp.EstabResets": 3, "Tcp.ActiveOpens": 8}
    codes = [failure(lambda socket=socket: pair.recv(socket)) for socket in sockets]  # type: ignore[misc]
    assert codes.count("ECONNRESET") == 3 and codes.count("EAGAIN") == 5


def test_clients_by_cookie_believe_in_connections_that_an_overflow_left_no_trace_of() -> None:
    pair = Pair()
    pair.listen(backlog=2)
    sockets = burst(pair, 6)
    assert listen_queue(pair) == (3, 2)
    assert pair.states(pair.client) == [State.ESTABLISHED] * 6 and pair.states(pair.server) == [State.ESTABLISHED] * 3
    assert moved(pair.server, "SyncookiesSent", "SyncookiesRecv", "TCPReqQFullDoCookies", "ListenOverflows", "Tcp.PassiveOpens") == {
        "SyncookiesSent": 3,
        "SyncookiesRecv": 3,
        "TCPReqQFullDoCookies": 3,
        "ListenOverflows": 3,
        "Tcp.PassiveOpens": 3,
    }
    for socket in sockets:
        socket.send(b"hello", pair.now_ns)
    pair.run(4 * SECOND_NS)
    counted = moved(pair.server, "SyncookiesRecv", "ListenOverflows", "ListenDrops", "Tcp.OutRsts")
    assert counted["SyncookiesRecv"] == counted["ListenOverflows"] == counted["ListenDrops"] > 12 and counted["Tcp.OutRsts"] == 0


def test_a_full_accept_queue_drops_new_syns() -> None:
    pair = Pair()
    pair.listen(backlog=0)
    pair.connect()
    late = pair.connect()
    assert late.state is State.SYN_SENT
    assert moved(pair.server, "ListenOverflows", "ListenDrops") == {"ListenOverflows": 1, "ListenDrops": 1}


def test_a_burst_at_a_queue_with_cookies_is_served_when_there_is_room() -> None:
    pair = Pair()
    listener = pair.listen(backlog=1)
    sockets = burst(pair, 4)
    first = [listener.accept(pair.now_ns) for _ in range(2)]
    assert failure(lambda: listener.accept(pair.now_ns)) == "EAGAIN"
    sockets[3].send(b"x", pair.now_ns)  # its next segment completes the handshake by cookie
    pair.run(2 * SECOND_NS)
    served = listener.accept(pair.now_ns)
    assert len(first) == 2 and pair.recv(served) == b"x"


@pytest.mark.parametrize(("timestamps", "scaling"), [(1, True), (0, False)])
def test_a_connection_by_cookie_has_options_only_with_timestamps(timestamps: int, scaling: bool) -> None:
    pair = Pair(client=LINUX.but(tcp_timestamps=timestamps), server=LINUX.but(tcp_syncookies=2))
    _, client, server = pair.both()
    assert moved(pair.server, "SyncookiesSent", "SyncookiesRecv", "TCPReqQFullDoCookies", "Tcp.PassiveOpens") == {
        "SyncookiesSent": 1,
        "SyncookiesRecv": 1,
        "TCPReqQFullDoCookies": 1,
        "Tcp.PassiveOpens": 1,
    }
    agreed = server.entry.connection.agreed if server.entry is not None else None
    assert agreed is not None and (agreed.window_scaling, agreed.sack, agreed.timestamps) == (scaling, scaling, bool(timestamps))
    assert agreed.peer_mss_bytes == 1460
    pair.send(client, b"through")
    pair.send(server, b"back")
    assert pair.recv(server) == b"through" and pair.recv(client) == b"back"


def test_defer_accept_waits_for_data() -> None:
    pair = Pair()
    listener = pair.server.socket()
    listener.setsockopt(SocketOption.DEFER_ACCEPT, 3, pair.now_ns)
    listener.bind("0.0.0.0", 80)
    listener.listen(8, pair.now_ns)
    client = pair.connect()
    assert client.state is State.ESTABLISHED and pair.states(pair.server) == [State.SYN_RECEIVED]
    assert moved(pair.server, "TCPDeferAcceptDrop", "ListenOverflows", "Tcp.PassiveOpens") == {
        "TCPDeferAcceptDrop": 1,
        "ListenOverflows": 0,
        "Tcp.PassiveOpens": 0,
    }
    pair.send(client, b"x")
    assert pair.states(pair.server) == [State.ESTABLISHED] and pair.recv(listener.accept(pair.now_ns)) == b"x"


def test_defer_accept_sends_nothing_again_until_its_time_is_over_and_then_takes_a_bare_ack() -> None:
    pair = Pair()
    listener = pair.server.socket()
    listener.setsockopt(SocketOption.DEFER_ACCEPT, 3, pair.now_ns)
    listener.bind("0.0.0.0", 80)
    listener.listen(8, pair.now_ns)
    pair.connect()
    sent = len(pair.log)
    pair.run(1500 * MILLISECOND_NS)
    assert len(pair.log) == sent
    pair.run(3 * SECOND_NS)
    assert [packet.segment.flags & (SYN | ACK) for _, packet in pair.log[sent:]] == [SYN | ACK, ACK]
    assert pair.states(pair.server) == [State.ESTABLISHED]


# TIME-WAIT


def closed_by_client(pair: Pair, count: int) -> None:
    """Connections that the client closes first."""
    listener = pair.listen(backlog=64)
    for _ in range(count):
        client = pair.connect()
        server = listener.accept(pair.now_ns)
        pair.close(client)
        pair.close(server)


def test_time_wait_is_with_the_end_that_closes_first_for_a_minute() -> None:
    pair = Pair()
    closed_by_client(pair, 1)
    assert pair.states(pair.client) == [State.TIME_WAIT] and pair.states(pair.server) == []
    (waiting,) = pair.client.sockets(pair.now_ns)
    assert waiting.timer is TimerKind.TIME_WAIT and 59_000 < waiting.timer_expires_ms <= 60_000 and waiting.info is None
    pair.run(61 * SECOND_NS)
    assert pair.states(pair.client) == [] and moved(pair.client, "TW", "TWKilled") == {"TW": 1, "TWKilled": 0}


def test_exhausted_ports_come_back_by_tcp_tw_reuse_after_a_second() -> None:
    narrow = LINUX.but(ip_local_port_range=(40_000, 40_009), tcp_tw_reuse=0)
    pair = Pair(client=narrow)
    closed_by_client(pair, 10)
    assert pair.states(pair.client) == [State.TIME_WAIT] * 10
    pair.run(1300 * MILLISECOND_NS)
    for reuse, code in ((0, "EADDRNOTAVAIL"), (2, "EADDRNOTAVAIL"), (1, "EINPROGRESS")):
        pair.client.knobs = narrow.but(tcp_tw_reuse=reuse)
        assert failure(lambda: pair.client.socket().connect(SERVER, 80, pair.now_ns)) == code
    pair.run()
    assert State.ESTABLISHED in pair.states(pair.client)
    assert moved(pair.client, "TW", "TWRecycled", "Tcp.ActiveOpens") == {"TW": 10, "TWRecycled": 1, "Tcp.ActiveOpens": 11}


def test_reused_numbers_lie_beyond_those_of_the_old_connection() -> None:
    pair = Pair(client=LINUX.but(ip_local_port_range=(40_000, 40_000), tcp_tw_reuse=1))
    closed_by_client(pair, 1)
    last = [packet.segment for _, packet in pair.log if packet.source == CLIENT][-1].seq
    pair.run(2 * SECOND_NS)
    pair.connect()
    syn = [packet.segment for _, packet in pair.log if packet.source == CLIENT and packet.segment.flags & SYN][-1]
    assert syn.seq == (last + 65_537) & 0xFFFFFFFF


def test_more_than_tcp_max_tw_buckets_are_forgotten_and_the_peers_fin_is_reset() -> None:
    pair = Pair(client=LINUX.but(tcp_max_tw_buckets=3))
    closed_by_client(pair, 8)
    assert pair.states(pair.client) == [State.TIME_WAIT] * 3
    assert moved(pair.client, "TW", "TCPTimeWaitOverflow", "Tcp.OutRsts") == {"TW": 3, "TCPTimeWaitOverflow": 5, "Tcp.OutRsts": 5}


def test_an_orphans_fin_wait_2_is_a_small_record_and_ends_after_tcp_fin_timeout() -> None:
    pair = Pair(client=LINUX.but(tcp_fin_timeout=3))
    pair.listen()
    orphan, held = pair.connect(), pair.connect()
    pair.close(orphan)
    held.shutdown(1, pair.now_ns)  # type: ignore[arg-type]
    pair.run(50 * MILLISECOND_NS)
    records = [one for one in pair.client.sockets(pair.now_ns) if one.state is State.FIN_WAIT_2]
    assert [(one.timer, one.inode > 0, one.info is None) for one in sorted(records, key=lambda one: -one.timer)] == [
        (TimerKind.TIME_WAIT, False, True),
        (TimerKind.NONE, True, False),
    ]
    pair.run(3200 * MILLISECOND_NS)
    assert pair.states(pair.client) == [State.FIN_WAIT_2] and held.state is State.FIN_WAIT_2
    assert moved(pair.client, "TWKilled", "TW") == {"TWKilled": 1, "TW": 0}
    assert pair.client.host.orphans == 0


def test_data_for_an_orphan_is_reset() -> None:
    pair = Pair()
    _, client, server = pair.both()
    pair.close(server)
    assert client.state is State.CLOSE_WAIT and pair.states(pair.server) == [State.FIN_WAIT_2]
    assert pair.send(client, b"x") == 1
    assert [failure(lambda: pair.send(client, b"x")) for _ in range(2)] == ["EPIPE", "EPIPE"]
    assert moved(pair.server, "TW", "Tcp.OutRsts") == {"TW": 1, "Tcp.OutRsts": 1}
    assert moved(pair.client, "Tcp.EstabResets") == {"Tcp.EstabResets": 1}
    assert pair.states(pair.client) == [] == pair.states(pair.server)


def test_a_client_reconnects_from_the_same_port_while_the_server_waits() -> None:
    pair = Pair()
    listener = pair.listen()
    client = pair.client.socket()
    client.setsockopt(SocketOption.REUSEADDR, 1, pair.now_ns)
    client.bind(CLIENT, 50_080)
    pair.connect(socket=client)
    pair.close(listener.accept(pair.now_ns))
    pair.close(client)
    assert pair.states(pair.server) == [State.TIME_WAIT] and pair.states(pair.client) == []
    old = [packet.segment for _, packet in pair.log if packet.source == SERVER][-1].seq
    again = pair.client.socket()
    again.bind(CLIENT, 50_080)
    pair.connect(socket=again)
    assert again.state is State.ESTABLISHED and pair.states(pair.server) == [State.ESTABLISHED]
    syn_ack = [packet.segment for _, packet in pair.log if packet.segment.flags & SYN and packet.source == SERVER][-1]
    assert (syn_ack.seq - old) & 0xFFFFFFFF == 65_537


# Ends by reset


def test_closing_a_listener_resets_what_waits_to_be_accepted() -> None:
    pair = Pair()
    listener = pair.listen()
    clients = [pair.connect() for _ in range(3)]
    pair.close(listener)
    assert [failure(lambda socket=socket: pair.recv(socket)) for socket in clients] == ["ECONNRESET"] * 3  # type: ignore[misc]
    assert moved(pair.server, "Tcp.OutRsts", "Tcp.EstabResets") == {"Tcp.OutRsts": 3, "Tcp.EstabResets": 3}
    assert moved(pair.client, "Tcp.EstabResets") == {"Tcp.EstabResets": 3}


def test_closing_one_of_a_reuseport_group_resets_its_share_or_hands_it_over() -> None:
    for migrate in (0, 1):
        pair = Pair(server=LINUX.but(tcp_migrate_req=migrate))
        group = []
        for _ in range(2):
            socket = pair.server.socket()
            socket.setsockopt(SocketOption.REUSEPORT, 1, pair.now_ns)
            socket.bind("0.0.0.0", 80)
            socket.listen(64, pair.now_ns)
            group.append(socket)
        clients = [pair.connect() for _ in range(20)]
        share = len(group[0].listener.accept_queue) if group[0].listener is not None else 0
        pair.close(group[0])
        alive = [socket for socket in clients if socket.state is State.ESTABLISHED]
        assert 0 < share < 20 and len(alive) == (20 if migrate else 20 - share)
        assert moved(pair.server, "TCPMigrateReqSuccess")["TCPMigrateReqSuccess"] == (share if migrate else 0)
        assert group[1].listener is not None and len(group[1].listener.accept_queue) == len(alive)


def test_close_with_unread_data_and_close_with_linger_zero_reset() -> None:
    pair = Pair()
    _, client, server = pair.both()
    pair.send(client, b"request")
    pair.send(server, b"HTTP/1.1 413")
    pair.close(server)
    assert pair.recv(client) == b"HTTP/1.1 413"
    assert failure(lambda: pair.recv(client)) == "ECONNRESET" and pair.recv(client) == b""
    assert moved(pair.server, "TCPAbortOnClose", "Tcp.EstabResets", "Tcp.OutRsts") == {
        "TCPAbortOnClose": 1,
        "Tcp.EstabResets": 1,
        "Tcp.OutRsts": 1,
    }
    pair = Pair()
    _, client, server = pair.both()
    server.setsockopt(SocketOption.LINGER, (1, 0), pair.now_ns)
    pair.close(server)
    assert failure(lambda: pair.recv(client)) == "ECONNRESET" and pair.states(pair.server) == []
    assert moved(pair.server, "TCPAbortOnData", "Tcp.EstabResets", "Tcp.OutRsts") == {
        "TCPAbortOnData": 1,
        "Tcp.EstabResets": 1,
        "Tcp.OutRsts": 1,
    }


def test_an_administrator_ends_a_connection() -> None:
    pair = Pair()
    _, client, server = pair.both()
    assert client.local is not None and client.remote is not None
    assert pair.client.destroy(client.local, client.remote, pair.now_ns)
    pair.run()
    assert [failure(lambda: pair.recv(client)), failure(lambda: pair.recv(server))] == ["ECONNABORTED", "ECONNRESET"]
    assert moved(pair.client, "Tcp.EstabResets", "Tcp.OutRsts") == {"Tcp.EstabResets": 1, "Tcp.OutRsts": 1}
    assert moved(pair.server, "Tcp.EstabResets") == {"Tcp.EstabResets": 1}
    assert not pair.client.destroy(client.local, client.remote, pair.now_ns)


def test_a_rebooted_peer_answers_data_by_a_reset() -> None:
    pair = Pair()
    _, client, _ = pair.both()
    pair.server.host.table.clear()
    pair.send(client, b"hi")
    assert failure(lambda: pair.recv(client)) == "ECONNRESET"
    assert moved(pair.server, "Tcp.OutRsts") == {"Tcp.OutRsts": 1} and moved(pair.client, "Tcp.EstabResets") == {"Tcp.EstabResets": 1}


def test_forged_segments_into_a_connection() -> None:
    pair = Pair()
    _, client, server = pair.both()
    pair.send(client, b"abc")
    assert client.local is not None and server.entry is not None and server.entry.connection.receiver is not None
    port, expected = client.local.port, server.entry.connection.receiver.rcv_nxt & 0xFFFFFFFF
    steps = []
    for flags, offset in ((SYN, 1000), (RST, 100), (RST, 9_000_000), (RST, 0)):
        pair.run(SECOND_NS)
        pair.inject(Packet(CLIENT, port, SERVER, 80, Segment((expected + offset) & 0xFFFFFFFF, 0, flags, 64)))
        steps.append((server.state, pair.server.counters["TcpExt.TCPChallengeACK"]))
    assert steps == [(State.ESTABLISHED, 1), (State.ESTABLISHED, 2), (State.ESTABLISHED, 2), (State.CLOSED, 2)]
    assert moved(pair.server, "TCPSYNChallenge", "Tcp.InErrs", "Tcp.EstabResets") == {
        "TCPSYNChallenge": 1,
        "Tcp.InErrs": 1,
        "Tcp.EstabResets": 1,
    }


def test_a_stale_connection_with_the_same_tuple_is_challenged_and_given_up() -> None:
    pair = Pair()
    pair.listen()
    first = pair.client.socket()
    first.bind(CLIENT, 50_000)
    pair.connect(socket=first)
    assert first.entry is not None
    pair.client.host.remove(first.entry)  # the client's host has forgotten it
    first.entry.release()
    again = pair.client.socket()
    again.bind(CLIENT, 50_000)
    pair.begin(socket=again)
    pair.run(2 * SECOND_NS)
    assert again.state is State.ESTABLISHED
    assert moved(pair.server, "TCPChallengeACK", "TCPSYNChallenge", "Tcp.InErrs", "Tcp.PassiveOpens", "Tcp.EstabResets") == {
        "TCPChallengeACK": 1,
        "TCPSYNChallenge": 1,
        "Tcp.InErrs": 1,
        "Tcp.PassiveOpens": 2,
        "Tcp.EstabResets": 1,
    }
    assert moved(pair.client, "Tcp.OutRsts", "TCPSynRetrans") == {"Tcp.OutRsts": 1, "TCPSynRetrans": 1}


def test_a_bad_checksum_is_counted_and_dropped() -> None:
    pair = Pair()
    _, client, server = pair.both()
    assert client.local is not None
    packet = Packet(CLIENT, client.local.port, SERVER, 80, Segment(1, 1, FIN | ACK, 64), corrupt=True)
    pair.inject(packet)
    assert moved(pair.server, "Tcp.InErrs", "Tcp.InCsumErrors") == {"Tcp.InErrs": 1, "Tcp.InCsumErrors": 1}
    assert server.state is State.ESTABLISHED
