"""The pages of codes and of knobs."""

from __future__ import annotations

from estab.explain.codes.catalog import CODES
from estab.explain.codes.declare import CodePage
from estab.explain.myths import Correction, of_code, of_knob
from estab.explain.page import Block, Kind, Listing, Page, Rows, Section
from estab.explain.sections import CAREFUL, REFERENCES, TO_DO, myth_section, step_rows
from estab.explain.state_facts import STATE_FACTS
from estab.knobs.catalog import KNOBS
from estab.knobs.declare import Choice, Default, Knob, Scope
from estab.machine.states import State
from estab.text import Text, msg

_RELATED = msg("Pages that belong here")


def code_page(facts: CodePage) -> Page:
    """The page of one code of a finding."""
    facts_table = Rows((), ((msg("Severity"), facts.severity.value), (msg("Seen from"), facts.seen_from.value)))
    sections = [
        Section(msg("What it is"), (facts.what, facts_table)),
        Section(msg("Why it matters"), (facts.why,)),
        *_listed(msg("What to look at on the host"), facts.live),
        *_listed(msg("What to look at in a capture"), facts.capture),
        *_listed(msg("What looks like it"), tuple(_alike(alike.name, alike.difference) for alike in facts.alike)),
        *([Section(TO_DO, (step_rows(facts.do),))] if facts.do else []),
        *([Section(CAREFUL, (facts.caution,))] if facts.caution else []),
        *myth_section(of_code(facts.code)),
        Section(_RELATED, (_related(facts),)),
        Section(REFERENCES, (Listing(facts.references),)),
    ]
    return Page(Kind.CODE, facts.code, facts.title, tuple(sections))


def knob_page(knob: Knob) -> Page:
    """The page of one knob."""
    table: list[tuple[Text | str, ...]] = [
        (msg("Kind"), _kind(knob)),
        (msg("Path"), knob.kernel_path),
        (msg("Unit"), knob.unit.value),
        (msg("Linux default"), _default(knob.linux)),
    ]
    if knob.rfc is not None:
        table.append((msg("By the RFC"), _default(knob.rfc)))
    if knob.valid is not None:
        table.append((msg("Accepted"), str(knob.valid)))
    table += [(msg("Acts on"), knob.scope.value), (msg("Takes effect"), knob.takes_effect)]
    if knob.since is not None:
        table.append((msg("Since"), f"Linux {knob.since}"))
    if knob.gone_since is not None:
        table.append((msg("Gone since"), f"Linux {knob.gone_since}"))
    used_by = tuple((code, page.title) for code, page in CODES.items() if knob.name in page.knobs)
    sections = [
        Section(msg("What it really does"), (knob.summary,)),
        Section(msg("Facts"), (Rows((), tuple(table)),)),
        *([Section(msg("Values"), (_choices(knob.choices),))] if knob.choices else []),
        *([Section(CAREFUL, (knob.caution,))] if knob.caution else []),
        *myth_section(_corrections(knob)),
        *([Section(msg("Findings that belong here"), (Rows((), used_by),))] if used_by else []),
        Section(REFERENCES, (Listing(tuple(part.strip() for part in knob.source.split(";"))),)),
    ]
    return Page(Kind.KNOB, knob.name, knob.title, tuple(sections))


def _corrections(knob: Knob) -> tuple[Correction, ...]:
    """The sayings about a knob: those with a proof of their own, then the others with the knob's source as proof."""
    proven = of_knob(knob.name)
    known = {correction.said.message for correction in proven}
    source = msg("{source}", source=knob.source)
    return proven + tuple(Correction(myth.said, myth.right, source) for myth in knob.myths if myth.said.message not in known)


def _related(facts: CodePage) -> Rows:
    states = ((name, STATE_FACTS[State[name.replace("-", "_")]].title) for name in facts.states)
    knobs = ((name, KNOBS[name].title) for name in facts.knobs)
    return Rows((), (*states, *knobs))


def _kind(knob: Knob) -> Text:
    if knob.gone_since:
        return msg("a setting without effect")
    if knob.is_sysctl:
        return msg("a setting of the kernel")
    if knob.scope is Scope.PROCESS:
        return msg("a limit of a process")
    return msg("a setting of one socket")


def _default(value: Default | None) -> Text | str:
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return " ".join(str(number) for number in value)
    return value if isinstance(value, Text) else str(value)


def _choices(choices: tuple[Choice, ...]) -> Rows:
    return Rows((), tuple((str(choice.value), choice.meaning) for choice in choices))


def _listed(heading: Text, items: tuple[Text, ...]) -> list[Section]:
    body: tuple[Block, ...] = (Listing(items),)
    return [Section(heading, body)] if items else []


def _alike(name: str, difference: Text) -> Text:
    return msg("{code}: {difference}", code=name, difference=difference) if name else difference
