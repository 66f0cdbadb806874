from __future__ import annotations

import pytest

from estab.engine.closing import fin_wait_2_life_ns
from estab.engine.events import ENDED, EnteredTimeWait
from estab.engine.options import Settings
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.wire.segment import ACK, FIN, RST
from tests.unit.engine.configs import config
from tests.unit.engine.named import Named, in_state


def orphan(**knobs: int) -> Named:
    """In FIN-WAIT-2, closed by its user."""
    named = in_state(State.ESTABLISHED, made=config(**knobs))  # type: ignore[arg-type]
    named.connection.close(named.now_ns)
    named.flush()
    named.gets(ACK)
    assert named.state() is State.FIN_WAIT_2
    return named


@pytest.mark.parametrize(("knob", "seconds"), [(60, 60), (5, 5), (70, 20)])
def test_an_orphan_waits_for_the_fin_no_longer_than_the_knob_says(knob: int, seconds: int) -> None:
    named = orphan(tcp_fin_timeout=knob)
    assert EnteredTimeWait(seconds * SECOND_NS, fin_wait_2=True) in list(iter(named.connection.poll_event, None))
    assert named.later(seconds * SECOND_NS - 1) == [] and named.state() is State.FIN_WAIT_2
    assert named.later(1) == [] and named.state() is State.CLOSED


def test_a_user_may_wait_for_ever() -> None:
    named = in_state(State.FIN_WAIT_2)
    named.later(100_000 * SECOND_NS)
    assert named.state() is State.FIN_WAIT_2
    named.connection.close(named.now_ns)
    named.later(61 * SECOND_NS)
    assert named.state() is State.CLOSED


def test_linger2_shortens_or_forbids_the_wait() -> None:
    short = in_state(State.FIN_WAIT_2, made=config(settings=Settings(linger2_s=7)))
    assert fin_wait_2_life_ns(short.connection) == 7 * SECOND_NS
    none = in_state(State.FIN_WAIT_2, made=config(settings=Settings(linger2_s=-1)))
    none.connection.close(none.now_ns)
    assert [segment.flags for segment in none.flush()] == [RST | ACK] and none.state() is State.CLOSED


def test_time_wait_takes_a_minute_whatever_the_knob_says() -> None:
    named = in_state(State.TIME_WAIT, made=config(tcp_fin_timeout=5))
    named.later(60 * SECOND_NS - 1)
    assert named.state() is State.TIME_WAIT
    named.later(1)
    assert named.state() is State.CLOSED and list(iter(named.connection.poll_event, None))[-1] is ENDED


def test_a_fin_in_time_ends_the_wait() -> None:
    named = orphan()
    named.sends(ACK | FIN)
    assert named.state() is State.TIME_WAIT


def test_what_could_be_read_stays_readable_after_a_reset_of_the_peer_only() -> None:
    named = in_state(State.ESTABLISHED)
    named.sends(ACK, b"last words")
    named.gets(RST)
    assert named.state() is State.CLOSED and named.connection.read(20, named.now_ns) == b"last words"
    other = in_state(State.ESTABLISHED)
    other.sends(ACK, b"last words")
    other.connection.abort(other.now_ns)
    assert other.connection.read(20, other.now_ns) == b""


@pytest.mark.parametrize("state", [State.FIN_WAIT_1, State.LAST_ACK])
def test_an_orphan_without_a_peer_is_given_up_after_its_retries(state: State) -> None:
    named = in_state(State.CLOSE_WAIT if state is State.LAST_ACK else State.ESTABLISHED)
    named.connection.close(named.now_ns)
    start = named.now_ns
    while named.state() is not State.CLOSED and named.now_ns < start + 1000 * SECOND_NS:
        named.later(SECOND_NS)
    assert 90 * SECOND_NS < named.now_ns - start < 220 * SECOND_NS
