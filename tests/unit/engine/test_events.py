from __future__ import annotations

from estab.engine.events import DATA_ARRIVED, DataArrived, StateChanged
from estab.machine.states import State
from estab.machine.table import ROWS


def test_a_change_of_state_names_its_clause() -> None:
    row = next(row for row in ROWS if row.state is State.FIN_WAIT_2 and row.next is State.TIME_WAIT)
    assert StateChanged(row.state, row.next, row).clause == "RFC 9293 §3.10.7.4"


def test_equal_events_are_equal() -> None:
    assert DataArrived() == DATA_ARRIVED
