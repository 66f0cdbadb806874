"""The closed loop, over every scenario that there is.

Of each the capture yields exactly the warnings and criticals that it declares, and its healthy twin none; at every packet the state that
each end is really in stands in the tracker's set; its own check holds; and the same seed gives the same bytes.
"""

from __future__ import annotations

import functools
import os
import pathlib
import subprocess
import sys

import pytest

from estab.api import LabRun, lab_run
from estab.diagnose.catalog import all_rules
from estab.lab.behaviours import Behaviour
from estab.lab.library import all_scenarios, load, names
from estab.text import Text, Translator

CASES = [(name, as_twin) for name in names() for as_twin in (False, True) if not as_twin or load(name).scenario.twin is not None]


@functools.lru_cache(maxsize=4)
def ran(name: str, as_twin: bool) -> LabRun:
    return lab_run(name, as_twin=as_twin)


def case_id(value: object) -> str:
    return str(value) if isinstance(value, str) else ("twin" if value else "as declared")


@pytest.mark.parametrize(("name", "as_twin"), CASES, ids=case_id)
class TestScenario:
    def test_its_own_check_holds(self, name: str, as_twin: bool) -> None:
        assert ran(name, as_twin).rehearsal.problem == ""

    def test_true_states_stand_in_the_sets(self, name: str, as_twin: bool) -> None:
        rehearsal = ran(name, as_twin).rehearsal
        assert list(rehearsal.disagreements) == []
        assert rehearsal.compared > 0

    def test_findings_are_exactly_those_declared(self, name: str, as_twin: bool) -> None:
        result = ran(name, as_twin)
        assert sorted(result.rehearsal.codes) == sorted(result.rehearsal.expected or ())
        assert result.as_expected


DIGESTS = """
import sys
from estab.lab.library import load
from estab.lab.runner import run_scenario
for name in sys.argv[1:]:
    print(name, run_scenario(load(name)).digest())
"""
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_the_same_seed_gives_the_same_bytes(part: int, root: pathlib.Path) -> None:
    """In two processes with other hashes of strings: capture and timeline are the same."""

    def digests(hash_seed: str) -> list[str]:
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(root / "src")}
        command = [sys.executable, "-c", DIGESTS, *mine]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=300).stdout.splitlines()

    mine = names()[part::PARTS]
    first = digests("0")
    assert len({line.split()[1] for line in first}) == len(mine) > 5
    assert digests("1") == first


def test_every_behaviour_is_shown_by_a_scenario() -> None:
    shown = {behaviour for loaded in all_scenarios() for behaviour in loaded.scenario.behaviours}
    assert sorted(set(Behaviour) - shown) == []


@pytest.mark.parametrize("name", names())
def test_a_declaration_is_whole(name: str) -> None:
    scenario = load(name).scenario
    assert scenario.behaviours and len(set(scenario.behaviours)) == len(scenario.behaviours)
    codes = {loaded.rule.code for loaded in all_rules()}
    assert set(scenario.findings) <= codes
    assert scenario.look and scenario.paragraph
    chinese, english = Translator("zh_CN"), Translator("en")
    for text in (scenario.title, scenario.paragraph, *scenario.look):
        assert isinstance(text, Text) and chinese(text) != english(text)
