"""Real TCP at both ends: the kernel's states are in estab's sets, its counters are estab's counts, tshark counts the same."""

from __future__ import annotations

import contextlib
import pathlib
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest

import estab
from estab.api import Trace
from estab.capture.reader import Reader
from estab.lives import Life
from estab.machine.states import State
from estab.track import Connections, Tracker
from tests.interop.namespaces import Pair, Sample, missing, pair
from tests.interop.tshark import estab_streams, needs_tshark, tshark_streams

REASON = missing()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "namespaces can be made")


@pytest.fixture
def hosts(tmp_path: pathlib.Path) -> Iterator[Pair]:
    """Two hosts with a capture at the client."""
    with pair(tmp_path) as both:
        yield both


@pytest.fixture
def kept() -> Iterator[contextlib.ExitStack]:
    """Sockets stay open until the test is over."""
    with contextlib.ExitStack() as stack:
        yield stack


def check(hosts: Pair) -> Trace:
    """Compares the capture with all that the kernel and tshark say; the last sample is taken now."""
    hosts.sample()
    hosts.stop()
    for sample in hosts.samples:
        assert missing_states(hosts.capture, sample) == []
    trace = estab.trace(hosts.capture)
    connections = trace.connections
    sent_again = [int(connections.side(side).retransmits.sum()) for side in (0, 1)]
    assert sent_again == [hosts.client.retransmitted(), hosts.server.retransmitted()]
    return trace


def missing_states(path: pathlib.Path, sample: Sample) -> list[str]:
    """Endpoints whose state, by the kernel, is not in estab's set at that moment."""
    tracker = Tracker()
    with Reader([path], life=Life.INTERPRETED) as reader:
        for chunk in reader:
            earlier = [row for row in chunk.rows[: chunk.count] if row.time_ns <= sample.time_ns]
            tracker.feed(earlier, len(earlier), Life.INTERPRETED)
    tracker.last_ns = sample.time_ns
    connections = tracker.finish()
    return [line for row in range(connections.count) for side in (0, 1) for line in disagreement(connections, row, side, sample)]


def disagreement(connections: Connections, row: int, side: int, sample: Sample) -> list[str]:
    """A line where the kernel says otherwise; an endpoint that ss does not show is CLOSED, or only its listener is there."""
    here, there = connections.endpoint(row, side), connections.endpoint(row, 1 - side)
    says = sample.states.get((here.address, here.port, there.address, there.port))
    possible = int(connections.states_now(side)[row])
    allowed = [state for state in State if state.label == says] if says else [State.CLOSED, State.LISTEN]
    names = [state.label for state in State if possible >> state & 1]
    return [] if any(possible >> state & 1 for state in allowed) else [f"{here} to {there}: kernel {says}, estab {names}"]


def exchange(client: socket.socket, server: socket.socket) -> None:
    client.sendall(b"q" * 100)
    assert server.recv(1000) == b"q" * 100
    server.sendall(b"a" * 5000)
    got = b""
    while len(got) < 5000:
        got += client.recv(10_000)


@pytest.mark.parametrize("first", ["client", "server"])
def test_closed_by_either_side(hosts: Pair, kept: contextlib.ExitStack, first: str) -> None:
    listener = kept.enter_context(hosts.server.listen())
    client, server = hosts.connect(listener)
    hosts.sample()
    exchange(client, server)
    one, other = (client, server) if first == "client" else (server, client)
    one.close()
    hosts.sample()
    other.close()
    trace = check(hosts).to_dict()
    (connection,) = trace["connections"]
    assert (connection["handshake"], connection["end"], connection["conn_state"]) == ("full", "fin", "SF")
    assert connection["states"][first][-3:] == ["FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"]
    assert connection["payload_bytes"] == {"client": 100, "server": 5000}


def test_half_close(hosts: Pair, kept: contextlib.ExitStack) -> None:
    listener = kept.enter_context(hosts.server.listen())
    client, server = (kept.enter_context(end) for end in hosts.connect(listener))
    client.shutdown(socket.SHUT_WR)
    assert server.recv(10) == b""
    hosts.sample()
    server.sendall(b"x" * 3000)
    got = b""
    while len(got) < 3000:
        got += client.recv(10_000)
    trace = check(hosts)
    assert trace.to_dict()["connections"][0]["states"]["server"][-1] == "CLOSE-WAIT"
    assert hosts.samples[-1].states.popitem()[1] in {"FIN-WAIT-2", "CLOSE-WAIT"}


def test_refused_port(hosts: Pair) -> None:
    with hosts.client.tcp_socket() as client, pytest.raises(ConnectionRefusedError):
        client.connect((hosts.server.address, 9))
    (connection,) = check(hosts).to_dict()["connections"]
    assert (connection["handshake"], connection["end"], connection["conn_state"]) == ("none", "reset", "REJ")


def test_abort(hosts: Pair, kept: contextlib.ExitStack) -> None:
    """SO_LINGER with zero seconds: close() resets."""
    listener = kept.enter_context(hosts.server.listen())
    client, server = hosts.connect(listener)
    exchange(client, server)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    hosts.sample()
    with pytest.raises(ConnectionResetError):
        server.recv(10)
    server.close()
    (connection,) = check(hosts).to_dict()["connections"]
    assert (connection["end"], connection["conn_state"]) == ("reset", "RSTO")


def test_simultaneous_close(hosts: Pair, kept: contextlib.ExitStack) -> None:
    """Both FINs get lost behind the capture point, so that each end closes without having heard of the other."""
    listener = kept.enter_context(hosts.server.listen())
    client, server = hosts.connect(listener)
    exchange(client, server)
    time.sleep(0.05)
    hosts.lose()
    client.close()
    server.close()
    hosts.sample()
    assert set(hosts.samples[-1].states.values()) == {"FIN-WAIT-1"}
    hosts.lose(on=False)
    time.sleep(1.0)
    (connection,) = check(hosts).to_dict()["connections"]
    assert connection["end"] == "fin"


def test_keepalives(hosts: Pair, kept: contextlib.ExitStack) -> None:
    listener = kept.enter_context(hosts.server.listen())
    client, server = (kept.enter_context(end) for end in hosts.connect(listener))
    for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1)):
        client.setsockopt(socket.IPPROTO_TCP, option, value)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    exchange(client, server)
    time.sleep(2.5)
    connections = check(hosts).connections
    assert int(connections.client.keepalives[0]) == int(connections.client.keepalives_answered[0]) >= 2
    assert int(connections.client.retransmits[0]) == 0


def test_zero_window(hosts: Pair, kept: contextlib.ExitStack) -> None:
    """The server does not read: the window closes, the client probes, the window opens."""
    listener = kept.enter_context(hosts.server.listen())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    client, server = (kept.enter_context(end) for end in hosts.connect(listener))
    client.setblocking(False)
    sent = 0
    with contextlib.suppress(BlockingIOError):
        for _ in range(100):
            sent += client.send(b"z" * 20_000)
    time.sleep(1.2)
    hosts.sample()
    got = 0
    while got < sent:
        got += len(server.recv(1 << 20))
    connections = check(hosts).connections
    assert int(connections.server.zero_windows[0]) >= 1
    assert int(connections.client.window_probes[0]) >= 1
    assert int(connections.client.payload_bytes[0]) - int(connections.client.retransmit_bytes[0]) == sent


def test_backlog_overflow(hosts: Pair, kept: contextlib.ExitStack) -> None:
    """listen(0) and no accept: one connection waits, the SYNs of the others are dropped and come again."""
    listener = kept.enter_context(hosts.server.listen(backlog=0))
    clients = [kept.enter_context(hosts.client.tcp_socket()) for _ in range(3)]
    for client in clients:
        client.setblocking(False)
        assert client.connect_ex(listener.getsockname()) != 0
        time.sleep(0.02)
    time.sleep(1.3)
    connections = check(hosts).connections
    states = sorted(hosts.samples[-1].states.values())
    assert states.count("SYN-SENT") == 2
    assert sorted(connections.client.retransmit_syn.tolist()) == [0, 1, 1]


@pytest.mark.parametrize("lost", ["data", "acknowledgements"])
def test_retransmissions(hosts: Pair, kept: contextlib.ExitStack, lost: str) -> None:
    listener = kept.enter_context(hosts.server.listen())
    client, server = (kept.enter_context(end) for end in hosts.connect(listener))
    exchange(client, server)
    time.sleep(0.05)
    hosts.lose(to_server=lost == "data", to_client=lost != "data")
    client.sendall(b"r" * 4000)
    time.sleep(0.9)
    hosts.lose(on=False)
    client.sendall(b"s" * 100)
    time.sleep(1.2)
    connections = check(hosts).connections
    assert int(connections.client.retransmits[0]) >= 2


def test_a_vanished_server(hosts: Pair, kept: contextlib.ExitStack) -> None:
    """A SYN and then a FIN that nobody hears."""
    listener = kept.enter_context(hosts.server.listen())
    client, server = hosts.connect(listener)
    kept.enter_context(server)
    hosts.lose(to_client=False)
    client.close()
    deaf = kept.enter_context(hosts.client.tcp_socket())
    deaf.setblocking(False)
    assert deaf.connect_ex(listener.getsockname()) != 0
    time.sleep(1.2)
    connections = check(hosts).connections
    assert int(connections.client.retransmit_fin[0]) >= 2 and int(connections.client.retransmit_syn[1]) == 1


@needs_tshark
@pytest.mark.peer
def test_tshark_counts_the_same(hosts: Pair, kept: contextlib.ExitStack) -> None:
    listener = kept.enter_context(hosts.server.listen())
    ends: list[Any] = []
    for number in range(20):
        client, server = hosts.connect(listener)
        exchange(client, server)
        ends += [client, server] if number % 2 else [server, client]
    for end in ends:
        end.close()
    check(hosts)
    theirs = sorted(stream.key() for stream in tshark_streams(hosts.capture))
    assert sorted(stream.key() for stream in estab_streams(estab.trace(hosts.capture).connections)) == theirs
    assert len(theirs) == 20
