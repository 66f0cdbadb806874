from __future__ import annotations

import errno

import pytest

from estab.engine.events import Patience, TimedOut
from estab.engine.options import Settings
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.knobs.values import Value
from estab.machine.states import State
from estab.wire.segment import ACK, SYN
from tests.unit.engine.configs import LINUX, config
from tests.unit.engine.named import Named, in_state


def ends(named: Named, at_most_s: int = 2000) -> tuple[float, list[int], list[object]]:
    """When it gave up, what it sent, what it told."""
    start, sent = named.now_ns, []
    while named.state() is not State.CLOSED and named.now_ns < start + at_most_s * SECOND_NS:
        deadline = named.connection.poll_deadline()
        assert deadline is not None
        sent += [segment.flags for segment in named.later(max(0, deadline - named.now_ns))]
    return (named.now_ns - start) / SECOND_NS, sent, list(iter(named.connection.poll_event, None))


@pytest.mark.parametrize(
    ("knobs", "seconds", "syns"),
    [
        ({"tcp_syn_retries": 1}, 3, 2),
        ({"tcp_syn_retries": 2}, 7, 5),
        ({"tcp_syn_retries": 3}, 19, 7),
        ({}, 131, 10),
        ({"tcp_syn_linear_timeouts": 0}, 127, 6),
        ({"tcp_syn_linear_timeouts": 0, "tcp_syn_retries": 2}, 7, 2),
    ],
)
def test_when_a_syn_is_given_up(knobs: dict[str, Value], seconds: int, syns: int) -> None:
    # Measured with Linux 6.18: 3.07, 7.1, 19.4, 132-135 s, and without the linear part 7.2 s for two retries.
    at, sent, told = ends(in_state(State.SYN_SENT, made=config(knobs=LINUX.but(**knobs))))
    assert (at, sent) == (seconds, [SYN] * syns)
    assert TimedOut(errno.ETIMEDOUT, Patience.SYN) in told


def test_an_option_and_a_user_timeout_change_it() -> None:
    assert ends(in_state(State.SYN_SENT, made=config(settings=Settings(syn_count=1))))[0] == 3
    at, _, told = ends(in_state(State.SYN_SENT, made=config(settings=Settings(user_timeout_ms=5500))))
    assert at == 5.5 and TimedOut(errno.ETIMEDOUT, Patience.USER_TIMEOUT) in told


def test_a_syn_ack_of_a_lone_listener_is_repeated_and_given_up() -> None:
    at, sent, told = ends(in_state(State.SYN_RECEIVED, passive=True))
    assert (at, sent) == (63, [SYN | ACK] * 5)
    assert TimedOut(errno.ETIMEDOUT, Patience.SYN_ACK) in told


def test_established_data_is_given_up_after_retries2() -> None:
    named = in_state(State.ESTABLISHED, made=config(tcp_retries2=5))
    named.connection.write(b"anybody", named.now_ns)
    named.flush()
    at, sent, told = ends(named)
    assert 12 < at < 30 and len(sent) >= 5
    assert TimedOut(errno.ETIMEDOUT, Patience.RETRANSMISSIONS) in told and named.connection.error == errno.ETIMEDOUT


def test_the_earliest_of_all_deadlines_is_told() -> None:
    named = in_state(State.ESTABLISHED, made=config(settings=Settings(keepalive=True, keep_idle_s=100)))
    named.sends(ACK, b"x")
    assert named.connection.acks is not None
    named.connection.acks.quick = 0
    named.sends(ACK, b"y")
    assert named.connection.poll_deadline() == named.now_ns + 40 * MILLISECOND_NS
    (ack,) = named.later(40 * MILLISECOND_NS)
    assert ack.flags == ACK and named.connection.config.counters["TcpExt.DelayedACKs"] == 1
    assert named.connection.poll_deadline() == named.now_ns - 40 * MILLISECOND_NS + 100 * SECOND_NS


def test_a_deadline_that_has_not_come_does_nothing() -> None:
    named = in_state(State.SYN_SENT)
    named.connection.handle_deadline(named.now_ns + SECOND_NS - 1)
    assert named.flush() == []
