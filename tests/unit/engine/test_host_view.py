"""A stack as a snapshot of a host."""

from __future__ import annotations

from estab.engine.counters import KNOWN_NAMES
from estab.engine.host_view import printed_knobs
from estab.machine.states import State
from tests.unit.engine.hosts import LINUX, Pair


def test_the_snapshot_has_every_counter_and_the_table_of_sockets() -> None:
    pair = Pair()
    _, client, server = pair.both()
    pair.close(client)
    pair.close(server)
    pair.connect()
    taken = pair.client.host_snapshot(pair.now_ns)
    assert taken.counters.keys() > KNOWN_NAMES and taken.counters["Tcp.ActiveOpens"] == 2 and taken.counters["TcpExt.ListenDrops"] == 0
    assert taken.taken_ns == pair.now_ns and sorted(taken.sockets["state"]) == [State.ESTABLISHED, State.TIME_WAIT]
    assert (taken.counters["Sockstat.TCP.inuse"], taken.counters["Sockstat.TCP.tw"]) == (1, 1)
    assert taken.knobs["tcp_syn_retries"] == "6" and "SO_LINGER" not in taken.knobs


def test_a_listener_shows_its_queue_and_its_limit() -> None:
    pair = Pair()
    pair.listen(backlog=5)
    pair.connect()
    (row,) = [row for row in pair.server.host_snapshot(pair.now_ns).sockets if row["state"] == State.LISTEN]
    assert (row["recv_queue"], row["send_queue"], row["local_port"]) == (1, 5, 80)


def test_vectors_are_printed_as_the_kernel_prints_them() -> None:
    assert printed_knobs(LINUX)["tcp_rmem"] == "4096\t131072\t6291456"
    assert printed_knobs(LINUX)["ip_local_reserved_ports"] == ""
