from __future__ import annotations

import pathlib

import pytest

from estab.diagnose import rules
from estab.diagnose.catalog import all_rules, in_order
from estab.diagnose.finding import Severity
from estab.diagnose.rule import LoadedRule, Rule
from estab.text import msg


def made_up(code: str, *yields_to: str) -> LoadedRule:
    return LoadedRule(Rule(code=code, title=msg("x"), severity=Severity.INFO, yields_to=yields_to), lambda _: iter(()))


def codes(*loaded: LoadedRule) -> list[str]:
    return [found.rule.code for found in in_order({entry.rule.code: entry for entry in loaded})]


def test_every_file_of_the_folder_is_a_rule() -> None:
    files = {path.stem for path in pathlib.Path(rules.__path__[0]).glob("*.py")} - {"__init__"}
    assert {loaded.rule.module_name for loaded in all_rules()} == files


def test_each_rule_stands_behind_those_it_yields_to() -> None:
    assert codes(made_up("a.a", "b.b"), made_up("b.b", "c.c"), made_up("c.c")) == ["c.c", "b.b", "a.a"]


def test_the_others_stand_in_the_order_of_their_codes_and_absent_ones_do_not_count() -> None:
    assert codes(made_up("b.b", "no.rule"), made_up("a.a")) == ["a.a", "b.b"]


def test_a_circle_is_a_bug() -> None:
    with pytest.raises(AssertionError, match=r"a\.a"):
        codes(made_up("a.a", "b.b"), made_up("b.b", "a.a"))
