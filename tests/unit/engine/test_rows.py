"""Rows for records without a TCB."""

from __future__ import annotations

import pytest

from estab.engine.rows import row_of
from estab.machine.states import State
from estab.machine.stimuli import Condition, Stimulus


def test_the_first_row_whose_condition_holds_is_taken() -> None:
    assert row_of(State.SYN_RECEIVED, Stimulus.RST).next is State.CLOSED
    assert row_of(State.SYN_RECEIVED, Stimulus.RST, Condition.PASSIVE_ORIGIN).next is State.LISTEN
    assert row_of(State.TIME_WAIT, Stimulus.RST, Condition.TIME_WAIT_GUARDED).next is State.TIME_WAIT


def test_asking_for_what_the_table_ignores_is_a_bug() -> None:
    with pytest.raises(AssertionError, match="TIME-WAIT, ACK of FIN"):
        row_of(State.TIME_WAIT, Stimulus.ACK_OF_FIN)
