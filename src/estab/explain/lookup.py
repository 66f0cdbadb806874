"""Finding the page of a topic by any usual spelling."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from estab.errors import MisuseError
from estab.explain.codes.catalog import CODES
from estab.explain.page import Kind, Page
from estab.explain.pages import code_page, knob_page
from estab.explain.state_facts import STATE_FACTS
from estab.explain.states import find_state, spellings, state_page
from estab.knobs.catalog import KNOBS, find_knob
from estab.machine.states import State
from estab.text import Text, msg


def explain(topic: str) -> Page:
    """The page of a code, a state or a knob.

    A state may be spelled as in the RFC, by ss or by netstat, in any case; a code in full or, where that is unambiguous, without its
    area; a knob by its short name or its full path.  Raises MisuseError, which names the nearest topics, for anything else; its first
    argument is a Text.

    >>> explain("time_wait").topic, explain("close_wait_leak").topic, explain("NET.CORE.SOMAXCONN").topic
    ('TIME-WAIT', 'close.close_wait_leak', 'somaxconn')
    """
    wanted = topic.strip()
    code = _find_code(wanted.lower())
    if code is not None:
        return code_page(CODES[code])
    state = find_state(wanted)
    if state is not None:
        return state_page(state)
    knob = find_knob(wanted)
    if knob is not None:
        return knob_page(knob)
    near = _near(wanted)
    if near:
        raise MisuseError(msg("no page for {topic}; did you mean {near}?", topic=topic, near=", ".join(near)))
    raise MisuseError(msg("no page for {topic}; estab explain --list names all pages", topic=topic))


@dataclass(frozen=True, slots=True)
class Topic:
    """A page that exists; as a string its name."""

    kind: Kind
    name: str
    title: Text

    def __str__(self) -> str:
        return self.name


def topics() -> tuple[Topic, ...]:
    """All pages by kind: codes in the order of the catalogue, states in that of the RFC, knobs by area."""
    return (
        *(Topic(Kind.CODE, code, page.title) for code, page in CODES.items()),
        *(Topic(Kind.STATE, state.label, STATE_FACTS[state].title) for state in State),
        *(Topic(Kind.KNOB, knob.name, knob.title) for knob in KNOBS.values()),
    )


def _find_code(wanted: str) -> str | None:
    if wanted in CODES:
        return wanted
    found = [code for code in CODES if code.partition(".")[2] == wanted]
    return found[0] if len(found) == 1 else None


def _near(wanted: str) -> list[str]:
    """Up to three topics spelled nearly so, best first."""
    by_spelling = {code: code for code in CODES}
    by_spelling |= {code.partition(".")[2]: code for code in CODES}
    by_spelling |= {spelling.lower(): state.label for state in State for spelling in spellings(state)}
    by_spelling |= {spelling.lower(): knob.name for knob in KNOBS.values() for spelling in (knob.name, knob.kernel_path)}
    close = difflib.get_close_matches(wanted.lower(), by_spelling, n=6, cutoff=0.6)
    parts = [spelling for spelling in by_spelling if len(wanted) >= 4 and wanted.lower() in spelling]
    return list(dict.fromkeys(by_spelling[spelling] for spelling in close + parts))[:3]
