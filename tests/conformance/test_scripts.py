"""The project's own packet scripts, written from RFC 9293, pass; every requirement of its appendix B is shown by one or told apart."""

from __future__ import annotations

import pathlib
import re

import pytest

from estab.drill.render import render_text
from estab.drill.runner import run_script
from estab.drill.verdict import Outcome
from estab.text import Translator
from tests.conformance.requirements import ELSEWHERE, FOLDER, MUSTS, NOT_HELD, header_of, named_in, scripts
from tests.style.source_tree import ROOT

SCRIPTS = scripts()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_script(path: pathlib.Path) -> None:
    runs = run_script(path.read_text(encoding="utf-8"), path.name)
    assert runs
    assert all(run.outcome is Outcome.PASSED for run in runs), "".join(render_text(runs, Translator(), verbose=True))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_header_names_the_clause(path: pathlib.Path) -> None:
    assert re.match(r"// RFC \d+ §\d", header_of(path))


def test_every_requirement_is_shown_or_told_apart() -> None:
    shown = {must for path in SCRIPTS for must in named_in(header_of(path))}
    assert shown <= set(MUSTS)
    assert set(MUSTS) - shown - set(ELSEWHERE) - set(NOT_HELD) == set(), "neither a script nor a reason"
    assert shown & (set(ELSEWHERE) | set(NOT_HELD)) == set(), "a script shows it: take it from the list"
    assert set(ELSEWHERE) & set(NOT_HELD) == set()


@pytest.mark.parametrize("must", ELSEWHERE)
def test_the_tests_that_show_it_elsewhere_name_it(must: str) -> None:
    test = ROOT / ELSEWHERE[must][1]
    assert must in test.read_text(encoding="utf-8"), f"{test.name} does not name {must}"


def test_a_script_that_fails_is_seen() -> None:
    text = SCRIPTS[0].read_text(encoding="utf-8").replace("ack 1 win 65535\n", "ack 1 win 65535\n+0 > P. 1:2(1) ack 1\n", 1)
    assert any(run.outcome is not Outcome.PASSED for run in run_script(text))
