from __future__ import annotations

import errno

import pytest

from estab.engine.options import Settings
from estab.engine.signals import CallRefused
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.wire.segment import ACK, FIN, RST
from tests.unit.engine.configs import config
from tests.unit.engine.named import in_state

EVERY_STATE = tuple(State)


@pytest.mark.parametrize("state", EVERY_STATE)
def test_closing_twice_is_closing_once(state: State) -> None:
    named = in_state(state)
    named.connection.close(named.now_ns)
    fins = sum(1 for segment in named.flush() if segment.flags & FIN)
    named.connection.close(named.now_ns)
    named.connection.shutdown_write(named.now_ns)
    fins += sum(1 for segment in named.flush() if segment.flags & FIN)
    assert fins == (1 if state in {State.SYN_RECEIVED, State.ESTABLISHED, State.CLOSE_WAIT} else 0)
    assert named.connection.orphan or named.state() is State.CLOSED


@pytest.mark.parametrize(
    ("state", "number"),
    [(State.CLOSED, errno.ENOTCONN), (State.FIN_WAIT_1, errno.EPIPE), (State.LAST_ACK, errno.EPIPE), (State.TIME_WAIT, errno.EPIPE)],
)
def test_where_nothing_can_be_sent(state: State, number: int) -> None:
    named = in_state(state)
    with pytest.raises(CallRefused) as refused:
        named.connection.write(b"x", named.now_ns)
    assert refused.value.errno == number and named.connection.write_room_bytes == 0


@pytest.mark.parametrize("state", EVERY_STATE)
def test_an_abort_ends_every_state(state: State) -> None:
    named = in_state(state)
    named.connection.abort(named.now_ns)
    resets = [segment for segment in named.flush() if segment.flags & RST]
    synchronized = {State.SYN_RECEIVED, State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT}
    assert len(resets) == (1 if state in synchronized else 0)
    assert named.state() is State.CLOSED and named.connection.poll_deadline() is None


def test_unread_data_counts_even_after_the_peer_has_closed() -> None:
    named = in_state(State.ESTABLISHED)
    named.sends(ACK | FIN, b"unread")
    named.connection.close(named.now_ns)
    assert [segment.flags & RST for segment in named.flush()] == [RST]
    assert named.connection.config.counters["TcpExt.TCPAbortOnClose"] == 1


def test_a_linger_time_of_zero_aborts() -> None:
    named = in_state(State.ESTABLISHED, made=config(settings=Settings(linger_s=0)))
    named.connection.close(named.now_ns)
    assert named.state() is State.CLOSED and named.flush()[0].flags & RST


def test_a_read_that_opens_the_window_tells_the_peer() -> None:
    named = in_state(State.ESTABLISHED, made=config(settings=Settings(rcvbuf_bytes=8192)))
    receiver = named.connection.receiver
    assert receiver is not None
    while receiver.window_left:
        named.sends(ACK, bytes(min(receiver.window_left, 1000)))
    named.later(SECOND_NS)
    assert named.connection.read(1 << 20, named.now_ns)
    (update,) = named.flush()
    assert update.window > 0
    assert named.connection.read(10, named.now_ns) == b"" and named.flush() == []
    counters = named.connection.config.counters
    assert (counters["TcpExt.TCPToZeroWindowAdv"], counters["TcpExt.TCPFromZeroWindowAdv"]) == (1, 1)


def test_reading_where_nothing_can_come() -> None:
    assert in_state(State.CLOSED).connection.read(10, 0) == b""
