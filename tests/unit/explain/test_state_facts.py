from __future__ import annotations

import pytest

from estab.explain.codes.catalog import CODES
from estab.explain.codes.declare import Place
from estab.explain.state_facts import STATE_FACTS
from estab.machine.states import State

# include/net/tcp_states.h, literally.
NUMBERS = {
    "ESTABLISHED": 1,
    "SYN-SENT": 2,
    "SYN-RECEIVED": 3,
    "FIN-WAIT-1": 4,
    "FIN-WAIT-2": 5,
    "TIME-WAIT": 6,
    "CLOSED": 7,
    "CLOSE-WAIT": 8,
    "LAST-ACK": 9,
    "LISTEN": 10,
    "CLOSING": 11,
}


def test_all_eleven_states_have_facts_and_the_kernel_numbers() -> None:
    assert {state.label: facts.number for state, facts in STATE_FACTS.items()} == NUMBERS


@pytest.mark.parametrize("state", State, ids=lambda state: state.label)
def test_codes_exist_and_steps_stand_in_safe_order(state: State) -> None:
    facts = STATE_FACTS[state]
    assert facts.codes and set(facts.codes) <= set(CODES)
    places = [list(Place).index(step.place) for step in facts.do]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.TIME_WAIT, "60 s on Linux"),
        (State.FIN_WAIT_2, "tcp_fin_timeout, 60 s"),
        (State.CLOSE_WAIT, "Until the application closes"),
        (State.SYN_SENT, "131 s (127 s before Linux 6.5)"),
        (State.SYN_RECEIVED, "63 s"),
        (State.FIN_WAIT_1, "106.6 s"),
        (State.LAST_ACK, "106.9 s"),
    ],
)
def test_how_long_states_last(state: State, words: str) -> None:
    assert words in STATE_FACTS[state].lasts.message
