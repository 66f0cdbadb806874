"""Rows of the state machine for the small records of a host, which have no TCB: half-open entries and TIME-WAIT entries.

They consult the same table as connections do; only the conditions that can hold for them are asked here.
"""

from __future__ import annotations

import functools

from estab.machine.states import State
from estab.machine.stimuli import Condition, Stimulus
from estab.machine.table import ROWS, Row

_ALWAYS = frozenset({Condition.ALWAYS, Condition.OTHERWISE})


@functools.cache
def row_of(state: State, stimulus: Stimulus, *holding: Condition) -> Row:
    """The row taken where, beside the empty conditions, these hold; that there is one is the caller's knowledge (else AssertionError)."""
    for row in ROWS:
        if row.state is state and row.stimulus is stimulus and (row.condition in _ALWAYS or row.condition in holding):
            return row
    raise AssertionError(f"no row for {state.label}, {stimulus.label}")
