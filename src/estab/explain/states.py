"""The pages of the eleven states: the ways in and out come from the rows of the machine, the rest from `state_facts`."""

from __future__ import annotations

from collections.abc import Iterable

from estab.explain.codes.catalog import CODES
from estab.explain.myths import of_state
from estab.explain.page import Block, Kind, Page, Rows, Section
from estab.explain.sections import SPELLINGS, TO_DO, myth_section, step_rows
from estab.explain.state_facts import STATE_FACTS
from estab.machine.states import State
from estab.machine.stimuli import Condition, Stimulus
from estab.machine.table import ROWS, Row
from estab.text import Text, msg

_CAUSE = {
    Stimulus.PASSIVE_OPEN: msg("listen() is called"),
    Stimulus.ACTIVE_OPEN: msg("connect() is called"),
    Stimulus.SEND: msg("the user sends data"),
    Stimulus.CLOSE: msg("close() or shutdown(SHUT_WR) is called"),
    Stimulus.ABORT: msg("abort: SO_LINGER {1, 0}, or close() with unread data"),
    Stimulus.RST: msg("RST arrives"),
    Stimulus.SYN: msg("SYN arrives"),
    Stimulus.ACK_OF_SYN: msg("the ACK of our SYN arrives"),
    Stimulus.ACK_OF_FIN: msg("the ACK of our FIN arrives"),
    Stimulus.FIN: msg("FIN arrives"),
    Stimulus.USER_TIMEOUT: msg("patience ends: last retransmission, last keepalive probe, user timeout"),
    Stimulus.TIME_WAIT_TIMEOUT: msg("2 MSL have passed"),
}

_ONLY_IF = {
    Condition.REMOTE_KNOWN: msg("with a remote address"),
    Condition.PASSIVE_ORIGIN: msg("the connection came from a listener"),
    Condition.WITH_ACK: msg("with an acceptable ACK"),
    Condition.NEWER_SYN: msg("provably newer than the old connection"),
}

# What OTHERWISE says, where one condition comes before it.
_UNLESS = {
    Condition.PASSIVE_ORIGIN: msg("the connection came from connect()"),
    Condition.WITH_ACK: msg("without an ACK"),
    Condition.SENDS_PENDING: msg("no data is waiting to be sent"),
    Condition.TIME_WAIT_GUARDED: msg("tcp_rfc1337 is 0"),
}
_OTHERWISE = msg("in all other cases")


def find_state(spelling: str) -> State | None:
    """The state of any usual spelling (`TIME-WAIT`, `time_wait`, `SYN_RECV`, `ESTAB`, `FINWAIT2`), or None.

    >>> find_state("syn_recv").label
    'SYN-RECEIVED'
    """
    return _SPELLINGS.get(_bare(spelling))


def spellings(state: State) -> tuple[str, ...]:
    """How the RFC, ss and netstat spell a state, the RFC first, each once."""
    facts = STATE_FACTS[state]
    return tuple(dict.fromkeys((state.label, facts.ss, facts.netstat)))


def state_page(state: State) -> Page:
    """The page of one state."""
    facts = STATE_FACTS[state]
    tools: tuple[tuple[Text | str, ...], ...] = (
        ("RFC 9293", state.label),
        ("ss", facts.ss),
        ("netstat", facts.netstat),
        ("/proc/net/tcp", f"{facts.number:02X}"),
    )
    codes = tuple((code, CODES[code].title) for code in facts.codes)
    sections = [
        Section(msg("What it means"), (facts.meaning,)),
        Section(msg("How one gets there"), _ways_in(state)),
        Section(msg("How one leaves"), _ways_out(state)),
        Section(msg("How long it lasts on Linux"), (facts.lasts,)),
        Section(msg("What many of them mean"), (facts.crowd,)),
        *([Section(TO_DO, (step_rows(facts.do),))] if facts.do else []),
        *myth_section(of_state(state)),
        Section(SPELLINGS, (Rows((), tools),)),
        Section(msg("Findings that belong here"), (Rows((), codes),)),
    ]
    return Page(Kind.STATE, state.label, facts.title, tuple(sections))


def _ways_in(state: State) -> tuple[Block, ...]:
    rows = [row for row in ROWS if row.next is state and row.state is not state]
    return _ways(msg("From"), ((row, row.state) for row in rows))


def _ways_out(state: State) -> tuple[Block, ...]:
    rows = [row for row in ROWS if row.state is state and row.next is not state]
    return _ways(msg("To"), ((row, row.next) for row in rows))


def _ways(heading: Text, ways: Iterable[tuple[Row, State]]) -> tuple[Block, ...]:
    """A table of transitions; those with the same cause and clause share a row."""
    merged: dict[tuple[Stimulus, str, str, str], list[str]] = {}
    wordings: dict[str, Text | None] = {}
    for row, other in ways:
        wording = _only_if(row)
        key = "" if wording is None else wording.message
        wordings[key] = wording
        states = merged.setdefault((row.stimulus, key, row.emits.label, row.clause), [])
        if other.label not in states:
            states.append(other.label)
    columns = (heading, msg("When"), msg("Sends"), msg("Clause"))
    rows = tuple(
        (", ".join(states), _when(_CAUSE[stimulus], wordings[key]), emits or "-", clause)
        for (stimulus, key, emits, clause), states in merged.items()
    )
    return (Rows(columns, rows),)


def _when(cause: Text, only_if: Text | None) -> Text:
    return cause if only_if is None else msg("{cause} ({condition})", cause=cause, condition=only_if)


def _only_if(row: Row) -> Text | None:
    """A row's condition in words; OTHERWISE as the opposite of the one condition before it."""
    if row.condition is Condition.ALWAYS:
        return None
    if row.condition is not Condition.OTHERWISE:
        return _ONLY_IF[row.condition]
    others = [other.condition for other in ROWS if (other.state, other.stimulus) == (row.state, row.stimulus) and other is not row]
    return _UNLESS[others[0]] if len(others) == 1 else _OTHERWISE


def _bare(spelling: str) -> str:
    return "".join(char for char in spelling.lower() if char.isalnum())


_SPELLINGS = {_bare(spelling): state for state in State for spelling in spellings(state)}
