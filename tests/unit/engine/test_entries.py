"""A connection in its host's table: who owns it, what it holds, how it goes."""

from __future__ import annotations

from estab.engine.socket_options import SocketOption
from estab.engine.sockets import Shutdown
from estab.instant import SECOND_NS
from estab.machine.states import State
from tests.unit.engine.hosts import CLIENT, LINUX, Pair, moved


def test_everything_a_connection_held_is_given_back() -> None:
    pair = Pair()
    listener, client, server = pair.both()
    pair.send(client, b"x" * 5000)
    assert pair.server.host.memory.pages > 0
    pair.recv(server)
    assert pair.server.host.memory.pages == 0
    pair.close(client)
    pair.close(server)
    pair.close(listener)
    pair.run(61 * SECOND_NS)
    for stack in (pair.client, pair.server):
        host = stack.host
        assert not host.table and not host.orphans and not host.time_waits and not host.memory.pages
        assert stack.poll_deadline() is None and stack.counters["Tcp.CurrEstab"] == 0
    assert pair.server.host.bindings.holders(80) == 0


def test_a_connection_that_dies_in_the_accept_queue_is_accepted_dead() -> None:
    pair = Pair()
    listener = pair.listen()
    client = pair.connect()
    client.setsockopt(SocketOption.LINGER, (1, 0), pair.now_ns)
    pair.close(client)
    server = listener.accept(pair.now_ns)
    assert server.state is State.CLOSED
    assert pair.server.host.orphans == 0
    pair.close(server)


def test_time_wait_of_a_socket_that_is_still_open_is_a_record_too_and_what_was_read_not_yet_stays() -> None:
    pair = Pair()
    _, client, server = pair.both()
    client.shutdown(Shutdown.WRITE, pair.now_ns)
    pair.run()
    pair.send(server, b"last")
    pair.close(server)
    assert pair.states(pair.client) == [State.TIME_WAIT] and client.state is State.CLOSED
    assert [pair.recv(client), pair.recv(client)] == [b"last", b""]
    pair.close(client)
    assert pair.states(pair.client) == [State.TIME_WAIT] and pair.client.host.orphans == 0


def test_one_segment_may_acknowledge_a_fin_and_bring_the_other() -> None:
    pair = Pair()
    _, client, server = pair.both()
    silent = True
    pair.passes = lambda packet: not silent or packet.source != CLIENT
    client.close(pair.now_ns)
    pair.flush()
    pair.run()
    silent = False
    pair.close(server)
    pair.run(SECOND_NS)
    assert pair.states(pair.client) == [State.TIME_WAIT]


def test_segments_out_leave_repetitions_out() -> None:
    silent = False
    pair = Pair(passes=lambda _: not silent)
    _, client, _ = pair.both()
    before = moved(pair.client, "Tcp.OutSegs", "Tcp.RetransSegs")
    silent = True
    pair.send(client, b"x")
    pair.run(5 * SECOND_NS)
    after = moved(pair.client, "Tcp.OutSegs", "Tcp.RetransSegs")
    assert after["Tcp.OutSegs"] == before["Tcp.OutSegs"] + 1 and after["Tcp.RetransSegs"] >= 4


def test_memory_of_all_sockets_is_accounted_and_bounds_what_is_written() -> None:
    silent = False
    pair = Pair(client=LINUX.but(tcp_mem=(2, 4, 6)), passes=lambda _: not silent)
    _, client, _ = pair.both()
    silent = True
    codes = []
    for _ in range(10):
        try:
            client.send(b"x" * 4096, pair.now_ns)
        except OSError as error:
            codes.append(error.errno)
        pair.run()
    assert codes and set(codes) == {11}
    assert pair.client.host.memory.is_exhausted and pair.client.counters["TcpExt.TCPMemoryPressures"] == 1
