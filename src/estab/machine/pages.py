"""The pages of the documentation that are generated from the machine: the diagram, and the table of all rows.

`python -m tools.machine_pages docs/machine` writes them; a test compares what is committed with what the table says now.
"""

from __future__ import annotations

from collections.abc import Iterator

from estab.machine.diagram import draw
from estab.machine.states import State
from estab.machine.stimuli import Cause, Condition, Stimulus
from estab.machine.table import IGNORED, ROWS, Row

_HEAD = """\
# The state machine, row by row

Generated from `src/estab/machine/table.py`; change the table, then run `python -m tools.machine_pages docs/machine`.

![The state diagram](states.svg)

A row is one reaction of one endpoint: in this state, for this stimulus, if the condition holds. Of several rows for one state and
stimulus, the first whose condition holds is taken. A segment is several stimuli, taken in the order of the sections below; each
starts in the state where the one before ended. States that a section does not list ignore its stimulus, for the reason given there.
"""

_CAUSES = {Cause.CALL: "User calls", Cause.SEGMENT: "Arriving segments", Cause.TIMER: "Timeouts"}


def pages() -> dict[str, str]:
    """The generated files: name below `docs/machine`, and text."""
    return {"states.svg": draw(), "rows.md": _rows_page()}


def _rows_page() -> str:
    return "\n".join([_HEAD, *(line for cause in Cause for line in _chapter(cause))])


def _chapter(cause: Cause) -> Iterator[str]:
    yield f"## {_CAUSES[cause]}\n"
    for stimulus in Stimulus:
        if stimulus.cause is cause:
            yield from _section(stimulus)


def _section(stimulus: Stimulus) -> Iterator[str]:
    yield f"### {stimulus.label}\n"
    yield "| state | if | next | sends | does | clause |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for states, row in _alike([row for row in ROWS if row.stimulus is stimulus]):
        yield _line(states, row)
    yield ""
    reasons: dict[str, list[str]] = {}
    for state in State:
        if (state, stimulus) in IGNORED:
            reasons.setdefault(IGNORED[state, stimulus], []).append(state.label)
    if reasons:
        yield from (f"* ignored in {', '.join(states)}: {reason}" for reason, states in reasons.items())
        yield ""


def _alike(rows: list[Row]) -> Iterator[tuple[list[State], Row]]:
    """Rows in the order of their states; those without a condition that stay, or lead to the same state, and do the same share a line."""
    shared: dict[object, tuple[list[State], Row]] = {}
    for row in sorted(rows, key=lambda row: row.state):
        alone = row.condition is not Condition.ALWAYS
        same = (row if alone else None, None if row.next is row.state else row.next, row.emits, row.effects, row.clause)
        shared.setdefault(same, ([], row))[0].append(row.state)
    yield from shared.values()


def _line(states: list[State], row: Row) -> str:
    condition = "" if row.condition is Condition.ALWAYS else row.condition.value
    after = "stays" if row.next is row.state else f"**{row.next.label}**"
    effects = "; ".join(effect.value for effect in row.effects)
    return f"| {', '.join(state.label for state in states)} | {condition} | {after} | {row.emits.label} | {effects} | {row.clause} |"
