from __future__ import annotations

import pathlib

import pytest

from estab.errors import InputError, MisuseError
from estab.lab.library import all_scenarios, find, load, load_file, names

WHOLE = """
from estab.lab.scenario import Scenario
from estab.lab.stage import pair
SCENARIO = Scenario(title="mine", paragraph="a test")
def build(world, given):
    pair(world)
"""


def test_scenarios_are_found_by_their_files() -> None:
    assert {"refused", "three_way_handshake"} <= set(names()) and list(names()) == sorted(names())
    assert [loaded.name for loaded in all_scenarios()] == list(names())
    assert load("refused").scenario.findings == ("handshake.refused",)
    assert find("refused").verify is load("refused").verify


def test_a_file_of_ones_own(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(WHOLE, encoding="utf-8")
    loaded = find(str(path))
    assert (loaded.name, loaded.scenario.title) == ("mine", "mine")


@pytest.mark.parametrize(
    ("text", "words"),
    [("x = 1\n", "no scenario in it"), ("SCENARIO = 3\ndef build(world, given): pass\n", "no scenario in it"), ("x = = 1\n", "line 1")],
)
def test_files_without_a_scenario(tmp_path: pathlib.Path, text: str, words: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        load_file(str(path))


def test_what_does_not_exist(tmp_path: pathlib.Path) -> None:
    with pytest.raises(MisuseError, match="no scenario nothing"):
        load("nothing")
    with pytest.raises(InputError, match="no such file"):
        load_file(str(tmp_path / "nothing.py"))
