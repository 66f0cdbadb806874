from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable

import pytest

from estab.machine.states import State, mask, spell
from estab.machine.stimuli import Condition, Effect, Emission, Stimulus
from estab.machine.table import IGNORED, ROWS, STANDING_EMISSIONS, Row
from tests.unit.machine.witness import Expected, expected_deeds, expected_rows, figure_5, ignored_pairs


def key_of(row: Row | Expected) -> str:
    return f"{row.state.label}, {row.stimulus.label}, {row.condition.name}"


def complaints(rows: Iterable[Row]) -> list[str]:
    """How rows differ from what the RFC says."""
    found = {key_of(row): (row.next, row.emits, set(row.effects), row.clause) for row in rows}
    wanted = {key_of(row): (row.next, row.emits, *expected_deeds(row)) for row in expected_rows()}
    wrong = [f"{key}: {found.get(key)}, not {reaction}" for key, reaction in wanted.items() if found.get(key) != reaction]
    return wrong + [f"{key}: not in the RFC" for key in found if key not in wanted]


@pytest.mark.parametrize("expected", expected_rows(), ids=key_of)
def test_row(expected: Expected) -> None:
    rows = [row for row in ROWS if key_of(row) == key_of(expected)]
    assert len(rows) == 1
    row = rows[0]
    effects, clause = expected_deeds(expected)
    assert (row.next, row.emits, set(row.effects), row.clause) == (expected.next, expected.emits, effects, clause)


def test_there_is_no_row_that_the_rfc_does_not_know() -> None:
    assert complaints(ROWS) == []
    assert len({key_of(row) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("place", range(len(ROWS)), ids=lambda place: key_of(ROWS[place]))
def test_a_row_that_is_deleted_or_changed_is_missed(place: int) -> None:
    row, others = ROWS[place], [*ROWS[:place], *ROWS[place + 1 :]]
    changes = [
        dataclasses.replace(row, next=State((row.next + 1) % len(State))),
        dataclasses.replace(row, emits=Emission((row.emits + 1) % len(Emission))),
        dataclasses.replace(row, effects=(*row.effects, Effect.SIGNAL_OPEN) if not row.effects else row.effects[1:]),
    ]
    assert complaints(others) != []
    assert all(complaints([*others, changed]) for changed in changes)


@pytest.mark.parametrize("arrow", figure_5(), ids=lambda arrow: f"{arrow.state.label} to {arrow.next.label}, {arrow.stimulus.label}")
def test_arrow_of_figure_5(arrow: Expected) -> None:
    fitting = [
        row for row in ROWS if (row.state, row.stimulus, row.next, row.emits) == (arrow.state, arrow.stimulus, arrow.next, arrow.emits)
    ]
    assert len(fitting) == 1


@pytest.mark.parametrize(("state", "stimulus"), list(itertools.product(State, Stimulus)), ids=lambda word: word.label)
def test_every_pair_has_rows_or_a_reason(state: State, stimulus: Stimulus) -> None:
    conditions = [row.condition for row in ROWS if row.state is state and row.stimulus is stimulus]
    assert ((state, stimulus) in IGNORED) == ((state, stimulus) in ignored_pairs()) == (not conditions)
    if len(conditions) == 1:
        assert conditions == [Condition.ALWAYS]
    elif conditions:
        assert conditions[-1] is Condition.OTHERWISE
        assert {Condition.ALWAYS, Condition.OTHERWISE}.isdisjoint(conditions[:-1])


def test_conditions_are_asked_in_the_order_of_the_rfc() -> None:
    for state, stimulus in itertools.product(State, Stimulus):
        asked = [row.condition for row in ROWS if (row.state, row.stimulus) == (state, stimulus)]
        assert asked == [row.condition for row in expected_rows() if (row.state, row.stimulus) == (state, stimulus)]


def test_clauses_and_reasons_name_a_section() -> None:
    assert [row for row in ROWS if not re.fullmatch(r"RFC \d+ §\d+(\.\d+)*", row.clause)] == []
    assert [reason for reason in IGNORED.values() if not re.fullmatch(r"RFC \d+ §\d+(\.\d+)*: .+", reason)] == []


@pytest.mark.parametrize(
    ("emission", "states"),
    [
        (Emission.SYN, mask(State.SYN_SENT)),
        (Emission.SYN_ACK, mask(State.SYN_RECEIVED, State.FIN_WAIT_1)),
        (Emission.ACK, mask(*tuple(State)[State.SYN_RECEIVED :])),
        (Emission.FIN, mask(State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK)),
        (Emission.RST, mask(State.CLOSED, State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED)),
        (Emission.NONE, 0),
    ],
    ids=lambda word: spell(word) if type(word) is int else word.name,
)
def test_what_a_state_may_show_without_being_left(emission: Emission, states: int) -> None:
    assert mask(*(state for state, emissions in STANDING_EMISSIONS.items() if emission in emissions)) == states
    assert set(STANDING_EMISSIONS) == set(State)


@pytest.mark.parametrize("row", [row for row in ROWS if not row.stimulus.is_internal and row.emits is not Emission.NONE], ids=key_of)
def test_an_answer_may_still_be_seen_in_the_state_after_it(row: Row) -> None:
    # An observer moves the set when a segment goes by, and sees the answer later.
    assert row.emits in STANDING_EMISSIONS[row.next]


def test_connections_begin_and_end_as_they_should() -> None:
    for row in ROWS:
        begins = row.state is State.CLOSED and row.next is not State.CLOSED
        ends = row.state is not State.CLOSED and row.next is State.CLOSED
        assert (Effect.DELETE_TCB in row.effects) is ends
        assert not begins or Effect.CREATE_TCB in row.effects
        assert (row.state is not row.next is State.TIME_WAIT) is (Effect.START_TIME_WAIT in row.effects)


def test_a_row_that_stops() -> None:
    by_effect = {effect: next(row for row in ROWS if effect in row.effects) for effect in Effect}
    assert by_effect[Effect.DROP_REST].stops and by_effect[Effect.QUEUE_REST].stops and by_effect[Effect.DELETE_TCB].stops
    assert not by_effect[Effect.TRIM_SYN].stops and not by_effect[Effect.RECORD_FIN_ACKED].stops
