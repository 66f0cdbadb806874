from __future__ import annotations

import pytest

from estab.engine import answers
from estab.engine.occasion import Occasion
from estab.machine.states import State
from estab.wire.segment import ACK, RST, SYN, Segment
from tests.unit.engine.configs import config
from tests.unit.engine.named import NOW_NS, in_state


def occasion(flags: int, ack: int = 0) -> Occasion:
    made = Occasion(NOW_NS, Segment(5, 6, flags, 7))
    made.ack = ack
    return made


def test_a_reset_never_answers_a_reset() -> None:
    named = in_state(State.ESTABLISHED)
    answers.reset(named.connection, occasion(RST))
    assert named.flush() == []
    answers.reset(named.connection, occasion(ACK))
    assert named.flush() == [Segment(6, 0, RST, 0)]


def test_an_abort_numbers_its_reset_by_what_was_sent() -> None:
    named = in_state(State.ESTABLISHED)
    answers.reset(named.connection, Occasion(NOW_NS))
    (reset,) = named.flush()
    assert reset.flags == RST | ACK and reset.seq == named.connection.snd_nxt & 0xFFFFFFFF and reset.ack == named.seq


@pytest.mark.parametrize("state", [State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK])
@pytest.mark.parametrize("distance", [1, -100_000])
def test_an_ack_of_what_was_never_sent_or_is_older_than_any_window_is_challenged(state: State, distance: int) -> None:
    named = in_state(state)
    answers.answer_bad_ack(named.connection, occasion(ACK, named.connection.snd_nxt + distance))
    (answer,) = named.flush()
    assert answer.flags == ACK and not answer.payload


def test_challenges_share_the_limits_of_connection_and_host() -> None:
    named = in_state(State.ESTABLISHED, made=config(tcp_invalid_ratelimit=0))
    for _ in range(3):
        answers.challenge(named.connection, occasion(SYN))
    assert len(named.flush()) == 3
    assert named.connection.config.counters["TcpExt.TCPChallengeACK"] == 3
