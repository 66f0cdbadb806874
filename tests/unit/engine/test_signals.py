from __future__ import annotations

import errno

import pytest

from estab.engine import signals
from estab.engine.events import Patience, Refused, Reset, TimedOut
from estab.engine.occasion import Occasion
from estab.machine.states import State
from estab.machine.stimuli import Stimulus
from tests.unit.engine.named import NOW_NS, in_state


def told(
    state: State, *, stimulus: Stimulus = Stimulus.RST, number: int | None = None, patience: Patience | None = None
) -> tuple[object, int | None]:
    connection = in_state(State.ESTABLISHED).connection
    occasion = Occasion(NOW_NS)
    occasion.stimulus, occasion.was, occasion.errno, occasion.patience = stimulus, state, number, patience
    signals.reset(connection, occasion)
    return connection.poll_event(), connection.error


def test_a_reset_of_the_peer() -> None:
    assert told(State.ESTABLISHED) == (Reset(errno.ECONNRESET), errno.ECONNRESET)
    assert told(State.SYN_SENT, number=errno.ECONNREFUSED) == (Refused(errno.ECONNREFUSED), errno.ECONNREFUSED)


def test_an_abort_of_the_user_leaves_no_error() -> None:
    assert told(State.ESTABLISHED, stimulus=Stimulus.ABORT) == (Reset(errno.ECONNRESET), None)


def test_an_abort_for_lack_of_patience_is_a_timeout() -> None:
    expected = TimedOut(errno.ETIMEDOUT, Patience.KEEPALIVE), errno.ETIMEDOUT
    assert told(State.ESTABLISHED, stimulus=Stimulus.ABORT, number=errno.ETIMEDOUT, patience=Patience.KEEPALIVE) == expected


def test_a_timeout_without_another_reason_is_one() -> None:
    connection = in_state(State.ESTABLISHED).connection
    signals.timeout(connection, Occasion(NOW_NS))
    assert connection.error == errno.ETIMEDOUT


@pytest.mark.parametrize(
    ("refusal", "number"),
    [(signals.no_connection, errno.ENOTCONN), (signals.exists, errno.EISCONN), (signals.unspecified, errno.EDESTADDRREQ),
     (signals.already_closing, errno.EPIPE)],
)  # fmt: skip
def test_refusals_carry_an_errno(refusal: object, number: int) -> None:
    with pytest.raises(signals.CallRefused) as refused:
        refusal(in_state(State.CLOSED).connection, Occasion(NOW_NS))  # type: ignore[operator]
    assert refused.value.errno == number
