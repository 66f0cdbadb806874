"""Finding who a packet is for, and what a host counts of what comes and goes."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from estab.chance import Chance
from estab.engine.socket_options import CallError, SocketOption
from estab.engine.sockets import Socket
from estab.engine.stack import Stack
from estab.instant import HOUR_NS, SECOND_NS
from estab.machine.states import State
from estab.wire.segment import ACK, SYN, IcmpError, IcmpKind, Packet, Segment
from tests.unit.engine.hosts import CLIENT, LINUX, SERVER, Pair, moved

IDLE_BYTES, KEEPALIVE_BYTES = 3 * 1024, 160


def test_packets_for_other_hosts_are_counted_and_dropped() -> None:
    pair = Pair()
    pair.server.handle_packet(Packet(CLIENT, 1, "10.9.9.9", 80, Segment(1, 0, SYN, 1)), pair.now_ns)
    assert pair.server.poll_transmit(pair.now_ns) is None
    assert moved(pair.server, "Ip.InReceives", "Ip.InAddrErrors", "Tcp.InSegs") == {
        "Ip.InReceives": 1,
        "Ip.InAddrErrors": 1,
        "Tcp.InSegs": 0,
    }


@pytest.mark.parametrize("source", ["224.0.0.1", "255.255.255.255", "0.0.0.0"])
def test_a_syn_of_nobody_in_particular_is_ignored(source: str) -> None:
    pair = Pair()
    pair.listen()
    pair.server.handle_packet(Packet(source, 1, SERVER, 80, Segment(1, 0, SYN, 1)), pair.now_ns)
    assert pair.server.poll_transmit(pair.now_ns) is None


def test_the_deadline_is_right_before_all_has_left_and_is_told_only_where_it_is_earlier() -> None:
    pair = Pair(passes=lambda _: False)
    pair.listen()
    assert pair.client.poll_deadline_before(pair.now_ns + HOUR_NS) is None
    with pytest.raises(CallError):
        pair.client.socket().connect(SERVER, 80, pair.now_ns)
    due_ns = pair.client.poll_deadline()
    assert due_ns == pair.now_ns + SECOND_NS, "the SYN is still to be fetched, its timer runs already"
    assert pair.client.poll_deadline_before(due_ns) is None
    assert pair.client.poll_deadline_before(due_ns + 1) == due_ns
    pair.flush()
    assert pair.client.poll_deadline() == due_ns


def test_segments_in_and_out_are_counted_at_both_ends_alike() -> None:
    pair = Pair()
    _, client, server = pair.both()
    for number in range(10):
        pair.send(client, b"ping" * number + b".")
        pair.send(server, b"pong")
    pair.run(SECOND_NS)
    assert pair.client.counters["Tcp.OutSegs"] == pair.server.counters["Tcp.InSegs"]
    assert pair.server.counters["Tcp.OutSegs"] == pair.client.counters["Tcp.InSegs"]
    assert pair.client.counters["Ip.OutRequests"] == pair.server.counters["Ip.InReceives"]


@pytest.mark.parametrize(
    ("kind", "counter"),
    [
        (IcmpKind.PORT_UNREACHABLE, "Icmp.InDestUnreachs"),
        (IcmpKind.PACKET_TOO_BIG, "Icmp.InDestUnreachs"),
        (IcmpKind.TIME_EXCEEDED, "Icmp.InTimeExcds"),
        (IcmpKind.PARAMETER_PROBLEM, "Icmp.InParmProbs"),
        (IcmpKind.SOURCE_QUENCH, "Icmp.InSrcQuenchs"),
    ],
)
def test_icmp_errors_are_counted_by_their_kind(kind: IcmpKind, counter: str) -> None:
    pair = Pair()
    _, client, _ = pair.both()
    assert client.local is not None
    pair.inject_icmp(IcmpError(kind, "10.0.0.9", CLIENT, client.local.port, SERVER, 80, 1))
    assert moved(pair.client, counter, "Icmp.InMsgs", "OutOfWindowIcmps") == {counter: 1, "Icmp.InMsgs": 1, "OutOfWindowIcmps": 1}
    assert client.state is State.ESTABLISHED


def test_the_same_seed_gives_the_same_packets_and_another_other_numbers() -> None:
    def life(seed: int) -> list[str]:
        pair = Pair(seed=seed)
        _, client, server = pair.both()
        pair.send(client, b"hello")
        pair.close(client)
        pair.close(server)
        return [repr(entry) for entry in pair.log]

    assert life(1) == life(1) != life(2)


def test_ipv6_works_like_ipv4() -> None:
    pair = Pair()
    listener = pair.server.socket(ipv6=True)
    listener.bind("::", 80)
    listener.listen(4, pair.now_ns)
    six, four = pair.begin(address="fd00::2"), pair.begin(address=SERVER)
    pair.run()
    assert six.state is State.ESTABLISHED is four.state
    ends = {str(listener.accept(pair.now_ns).remote).rpartition(":")[0] for _ in range(2)}
    assert ends == {"[fd00::1]", CLIENT}


def test_a_busy_connection_leaves_no_places_behind_in_the_heap_of_deadlines() -> None:
    stack = Stack([SERVER], knobs=LINUX, chance=Chance(1), watched=False)
    pair = Pair()
    pair.server = stack
    listener, client, server = pair.both()
    places = len(stack.host.deadlines)
    for _ in range(300):
        pair.send(client, b"x")
        pair.recv(server)
    pair.run()
    assert len(stack.host.deadlines) <= places + 70 and listener.listener is not None
    assert not stack.host.ready and not stack.host.outbox


def test_keepalive_of_many_idle_connections_for_two_hours() -> None:
    from estab.engine.socket_options import SocketOption

    pair = Pair()
    pair.listen(backlog=100)
    for _ in range(50):
        socket = pair.client.socket()
        socket.setsockopt(SocketOption.KEEPALIVE, 1, pair.now_ns)
        pair.connect(socket=socket)
    sent = len(pair.log)
    pair.run(2 * HOUR_NS - 5 * SECOND_NS)
    assert len(pair.log) == sent
    pair.run(10 * SECOND_NS)
    assert len(pair.log) == sent + 100 and pair.client.counters["TcpExt.TCPKeepAlive"] == 50
    assert pair.states(pair.client) == [State.ESTABLISHED] * 50


def test_an_ack_for_nobody_is_reset() -> None:
    pair = Pair()
    pair.inject(Packet(CLIENT, 1, SERVER, 80, Segment(5, 77, ACK, 1)))
    (_, answer) = pair.log[0]
    assert (answer.segment.seq, answer.destination_port) == (77, 1)


@pytest.mark.parametrize("keepalive", [0, 1])
@pytest.mark.parametrize("used", [False, True])
def test_an_idle_connection_takes_little_memory(used: bool, keepalive: int) -> None:
    """With its socket and its places in all tables, keepalive's deadline on top; a bound that only goes down."""
    pair = Pair()
    pair.client.host.events = pair.server.host.events = None
    listener = pair.listen(backlog=1000)

    def opened(count: int) -> list[Socket]:
        clients = [pair.connect() for _ in range(count)]
        sockets = clients + [listener.accept(pair.now_ns) for _ in range(count)]
        for socket in sockets:
            socket.setsockopt(SocketOption.KEEPALIVE, keepalive, pair.now_ns)
        for sender, receiver in zip(sockets, sockets[count:] + clients, strict=True) if used else ():
            pair.send(sender, bytes(300))
            assert pair.recv(receiver) == bytes(300)
        pair.log.clear()
        return sockets

    kept = opened(20)  # whatever is made once
    gc.collect()
    tracemalloc.start()
    try:
        kept += opened(500)
        pair.run(SECOND_NS)
        gc.collect()
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(kept) == 1040
    assert size / 1000 < IDLE_BYTES + KEEPALIVE_BYTES * keepalive
