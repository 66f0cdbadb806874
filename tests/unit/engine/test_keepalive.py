from __future__ import annotations

import errno

import pytest

from estab.engine import keepalive
from estab.engine.events import Patience, TimedOut
from estab.engine.options import Settings
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.states import State
from estab.wire.segment import ACK, RST
from tests.unit.engine.configs import CLIENT, SERVER, config
from tests.unit.engine.named import Named, in_state
from tests.unit.engine.pair import Pair

QUICK = Settings(keepalive=True, keep_idle_s=10, keep_interval_s=3, keep_count=4)


def alive(settings: Settings = QUICK, state: State = State.ESTABLISHED) -> Named:
    return in_state(state, made=config(settings=settings))


def test_probes_then_a_reset() -> None:
    named = alive()
    start = named.now_ns
    left = []
    while named.state() is not State.CLOSED:
        left += [(round((named.now_ns - start) / SECOND_NS), segment) for segment in named.later(SECOND_NS)]
    assert [at for at, _ in left] == [10, 13, 16, 19, 22]
    assert [segment.flags for _, segment in left] == [ACK] * 4 + [RST | ACK]
    assert {segment.seq for _, segment in left[:4]} == {(left[4][1].seq - 1) & 0xFFFFFFFF}
    assert named.connection.error == errno.ETIMEDOUT
    events = list(iter(named.connection.poll_event, None))
    assert TimedOut(errno.ETIMEDOUT, Patience.KEEPALIVE) in events


def test_an_answer_begins_the_silence_anew() -> None:
    named = alive()
    assert len(named.later(11 * SECOND_NS)) == 1
    named.gets(ACK)
    assert named.connection.probes_out == 0 and named.later(9 * SECOND_NS) == []
    assert len(named.later(2 * SECOND_NS)) == 1


def test_two_ends_keep_each_other_alive() -> None:
    pair = Pair(client_config=config(CLIENT, SERVER, seed=1, settings=QUICK)).open()
    pair.run(1000 * SECOND_NS)
    assert pair.states == (State.ESTABLISHED, State.ESTABLISHED)
    assert 95 <= len(pair.sent_by("client")) <= 105


def test_a_user_timeout_replaces_the_count() -> None:
    named = alive(Settings(keepalive=True, keep_idle_s=10, keep_interval_s=3, keep_count=100, user_timeout_ms=15_000))
    probes = named.later(100 * SECOND_NS)
    assert [segment.flags for segment in probes] == [ACK, ACK, RST | ACK]


def test_data_under_way_leaves_the_matter_to_the_retransmission_timer() -> None:
    named = alive()
    named.connection.write(b"under way", named.now_ns)
    assert all(segment.payload for segment in named.later(30 * SECOND_NS))


def test_it_can_be_switched_on_and_off_in_life() -> None:
    named = alive(Settings())
    assert named.connection.poll_deadline() is None
    named.now_ns += 8 * SECOND_NS
    named.connection.change(named.now_ns, keepalive=True, keep_idle_s=10)
    assert named.connection.poll_deadline() == named.now_ns + 2 * SECOND_NS
    named.connection.change(named.now_ns, keepalive=False)
    assert named.connection.poll_deadline() is None


@pytest.mark.parametrize("state", [State.CLOSE_WAIT, State.FIN_WAIT_2])
def test_half_closed_connections_are_watched_too(state: State) -> None:
    named = alive(state=state)
    assert len(named.later(11 * SECOND_NS + 50 * MILLISECOND_NS)) == 1


def test_times_are_those_of_the_knobs_unless_set() -> None:
    plain = in_state(State.ESTABLISHED).connection
    assert (keepalive.idle_ns(plain), keepalive.interval_ns(plain)) == (7200 * SECOND_NS, 75 * SECOND_NS)
    assert (keepalive.idle_ns(alive().connection), keepalive.interval_ns(alive().connection)) == (10 * SECOND_NS, 3 * SECOND_NS)
