"""Headings and pieces that several kinds of pages share."""

from __future__ import annotations

from collections.abc import Iterable

from estab.explain.codes.declare import Step
from estab.explain.myths import Correction
from estab.explain.page import Rows, Section
from estab.text import msg

TO_DO = msg("What to do, in this order")
CAREFUL = msg("Careful")
SPELLINGS = msg("How tools spell it")
REFERENCES = msg("References")
MYTHS = msg("Often said, and wrong")

_SAID = msg("Said")
_RIGHT = msg("Right")
_PROOF = msg("Proof")


def step_rows(steps: Iterable[Step]) -> Rows:
    """The steps of a remedy, numbered, each with the place where it is taken."""
    return Rows((), tuple((str(number), step.place.value, step.text) for number, step in enumerate(steps, 1)))


def myth_section(corrections: Iterable[Correction]) -> list[Section]:
    """A section that corrects what is often said: one small table a saying; no section without one."""
    blocks = tuple(
        Rows((), ((_SAID, correction.said), (_RIGHT, correction.right), (_PROOF, correction.proof))) for correction in corrections
    )
    return [Section(MYTHS, blocks)] if blocks else []
