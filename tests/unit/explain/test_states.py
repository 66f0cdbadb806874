from __future__ import annotations

import pytest

from estab.explain.page import Rows
from estab.explain.render import render_text
from estab.explain.states import find_state, spellings, state_page
from estab.machine.states import State
from estab.machine.table import ROWS
from estab.text import Translator

each_state = pytest.mark.parametrize("state", State, ids=lambda state: state.label)


def _table(state: State, heading: str) -> Rows:
    (section,) = (section for section in state_page(state).sections if section.heading.message == heading)
    (table,) = section.body
    assert isinstance(table, Rows)
    return table


def _states(table: Rows) -> set[str]:
    return {label for row in table.rows for label in str(row[0]).split(", ")}


@each_state
def test_the_ways_are_exactly_those_of_the_machine(state: State) -> None:
    before = {row.state.label for row in ROWS if row.next is state and row.state is not state}
    after = {row.next.label for row in ROWS if row.state is state and row.next is not state}
    assert _states(_table(state, "How one gets there")) == before
    assert _states(_table(state, "How one leaves")) == after


def test_a_way_names_cause_condition_emission_and_clause() -> None:
    text = render_text(state_page(State.SYN_SENT), Translator("en"), 160)
    assert "ESTABLISHED   SYN arrives (with an acceptable ACK)" in text
    assert "SYN-RECEIVED  SYN arrives (without an ACK)" in text
    assert "RFC 9293 §3.10.7.3" in text


@each_state
def test_every_spelling_of_a_state_finds_it(state: State) -> None:
    for spelling in spellings(state):
        for variant in (spelling, spelling.lower(), spelling.replace("-", "_"), spelling.replace("_", "-"), spelling.replace("-", "")):
            assert find_state(variant) is state


def test_the_spellings_of_the_tools_are_told() -> None:
    assert spellings(State.SYN_RECEIVED) == ("SYN-RECEIVED", "SYN-RECV", "SYN_RECV")
    assert spellings(State.LISTEN) == ("LISTEN",)


@pytest.mark.parametrize("spelling", ["", "WAIT", "TIME", "established!x"])
def test_what_is_no_state_is_not_found(spelling: str) -> None:
    assert find_state(spelling) is None
