from __future__ import annotations

import dataclasses
import errno

import pytest

from estab.engine.connection import Connection
from estab.engine.events import ErrorQueued, Refused
from estab.engine.icmp import ERRNO
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.wire.segment import ACK, IcmpError, IcmpKind
from tests.unit.engine.configs import CLIENT, SERVER, config
from tests.unit.engine.named import NOW_NS, Named, in_state
from tests.unit.engine.test_handshake import child


def hit(named: Named, kind: IcmpKind, *, seq: int = 0, mtu_bytes: int = 0) -> None:
    """An error about the segment at SND.NXT + seq."""
    number = (named.connection.snd_nxt + seq) & 0xFFFFFFFF
    addresses = CLIENT.address, CLIENT.port, SERVER.address, SERVER.port
    named.connection.handle_icmp(IcmpError(kind, "10.0.0.254", *addresses, number, mtu_bytes), named.now_ns)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (IcmpKind.NET_UNREACHABLE, errno.ENETUNREACH),
        (IcmpKind.HOST_UNREACHABLE, errno.EHOSTUNREACH),
        (IcmpKind.PORT_UNREACHABLE, errno.ECONNREFUSED),
        (IcmpKind.PROTOCOL_UNREACHABLE, errno.ENOPROTOOPT),
        (IcmpKind.ADMIN_PROHIBITED, errno.EHOSTUNREACH),
    ],
)
def test_an_opening_ends_at_once(kind: IcmpKind, number: int) -> None:
    named = in_state(State.SYN_SENT)
    hit(named, kind, seq=-1)
    assert named.state() is State.CLOSED and named.connection.take_error() == number
    assert Refused(number) in list(iter(named.connection.poll_event, None))


@pytest.mark.parametrize("kind", [IcmpKind.HOST_UNREACHABLE, IcmpKind.PORT_UNREACHABLE])
def test_later_it_is_remembered_only(kind: IcmpKind) -> None:
    named = in_state(State.ESTABLISHED)
    named.connection.write(b"data", named.now_ns)
    named.flush()
    hit(named, kind, seq=-4)
    assert named.state() is State.ESTABLISHED and named.connection.error is None
    assert any(isinstance(event, ErrorQueued) for event in iter(named.connection.poll_event, None))
    assert named.connection.take_error() == ERRNO[kind] and named.connection.take_error() == 0


def test_it_is_the_reason_if_patience_runs_out_and_forgotten_with_the_next_ack() -> None:
    named = in_state(State.ESTABLISHED, made=config(tcp_retries2=3))
    named.connection.write(b"data", named.now_ns)
    named.flush()
    hit(named, IcmpKind.HOST_UNREACHABLE, seq=-4)
    named.later(100 * SECOND_NS)
    assert named.state() is State.CLOSED and named.connection.error == errno.EHOSTUNREACH
    other = in_state(State.ESTABLISHED)
    other.connection.write(b"data", other.now_ns)
    other.flush()
    hit(other, IcmpKind.HOST_UNREACHABLE, seq=-4)
    other.gets(ACK)
    assert other.connection.take_error() == 0


@pytest.mark.parametrize("seq", [-100_000, 1])
def test_what_is_not_under_way_cannot_be_meant(seq: int) -> None:
    named = in_state(State.SYN_SENT)
    hit(named, IcmpKind.PORT_UNREACHABLE, seq=seq)
    assert named.state() is State.SYN_SENT and named.connection.config.counters["TcpExt.OutOfWindowIcmps"] == 1


def test_source_quench_and_passive_openings_are_left_alone() -> None:
    named = in_state(State.SYN_SENT)
    hit(named, IcmpKind.SOURCE_QUENCH, seq=-1)
    assert named.state() is State.SYN_SENT
    passive = in_state(State.SYN_RECEIVED, passive=True)
    hit(passive, IcmpKind.HOST_UNREACHABLE, seq=-1)
    assert passive.state() is State.SYN_RECEIVED


def test_too_big_makes_segments_smaller() -> None:
    named = in_state(State.ESTABLISHED)
    named.connection.write(bytes(1460), named.now_ns)
    named.flush()
    hit(named, IcmpKind.PACKET_TOO_BIG, seq=-1460, mtu_bytes=1200)
    assert {len(segment.payload) for segment in named.flush()} == {1160, 300}


def test_a_syn_with_data_that_is_too_big_is_sent_again_at_once_without() -> None:
    made = dataclasses.replace(config(CLIENT, SERVER), fast_open_cookie=b"12345678")
    named = Named(Connection.active(made, NOW_NS, data=bytes(800)), NOW_NS)
    assert [len(segment.payload) for segment in named.flush()] == [800]
    hit(named, IcmpKind.PACKET_TOO_BIG, seq=-1, mtu_bytes=600)
    again = named.flush()
    assert [(segment.payload, segment.syn.mss_bytes) for segment in again if segment.syn is not None] == [(b"", 560)]


def test_a_time_wait_hears_nothing() -> None:
    named = in_state(State.TIME_WAIT)
    hit(named, IcmpKind.HOST_UNREACHABLE)
    assert named.state() is State.TIME_WAIT and named.connection.take_error() == 0


def test_a_fast_open_child_without_an_owner_ends() -> None:
    for accepted, ended in ((False, True), (True, False)):
        connection = child()
        connection.accepted = accepted
        hit(Named(connection), IcmpKind.HOST_UNREACHABLE, seq=-1)
        assert (connection.state is State.CLOSED) is ended
        assert connection.take_error() == errno.EHOSTUNREACH


def test_a_syn_whose_data_is_too_big_leaves_again_without() -> None:
    made = dataclasses.replace(config(), fast_open_cookie=b"12345678")
    named = Named(Connection.active(made, 0, data=bytes(1000)))
    named.flush()
    hit(named, IcmpKind.PACKET_TOO_BIG, seq=-1000, mtu_bytes=840)
    (again,) = named.flush()
    assert again.payload == b"" and again.syn is not None and again.syn.mss_bytes == 800
    hit(named, IcmpKind.PACKET_TOO_BIG, seq=-1000, mtu_bytes=700)
    assert named.flush() == []
