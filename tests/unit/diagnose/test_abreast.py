from __future__ import annotations

import threading

import pytest

from estab.diagnose.abreast import judge_abreast
from estab.diagnose.catalog import all_rules
from estab.diagnose.finding import Severity
from estab.diagnose.rule import LoadedRule, Rule
from estab.text import msg

WORKERS = 3
PATIENCE_S = 20


def rule(code: str, *yields_to: str) -> LoadedRule:
    return LoadedRule(Rule(code=code, title=msg("x"), severity=Severity.INFO, yields_to=yields_to), lambda _facts: iter(()))


def test_a_rule_waits_until_what_it_yields_to_is_taken_and_for_nothing_else() -> None:
    rules = [rule("a.first"), rule("b.second", "a.first"), rule("c.third", "b.second", "no.such"), rule("d.alone")]
    taken: list[str] = []
    seen: dict[str, tuple[str, ...]] = {}
    everything_else_done = threading.Event()

    def judge(loaded: LoadedRule) -> str:
        seen[loaded.rule.code] = tuple(taken)
        if loaded.rule.code == "d.alone":
            assert everything_else_done.wait(PATIENCE_S), "the others waited for a rule that they do not yield to"
        return loaded.rule.code

    def take(loaded: LoadedRule, outcome: str) -> None:
        assert threading.current_thread() is threading.main_thread()
        taken.append(outcome)
        if loaded.rule.code == "c.third":
            everything_else_done.set()

    judge_abreast(rules, judge, take, WORKERS)
    assert taken == ["a.first", "b.second", "c.third", "d.alone"]
    assert "a.first" in seen["b.second"] and "b.second" in seen["c.third"]


def test_so_many_are_judged_at_a_time() -> None:
    together = threading.Barrier(WORKERS)

    def judge(_loaded: LoadedRule) -> None:
        together.wait(PATIENCE_S)

    judge_abreast([rule(f"a.{name}") for name in "bcdefg"], judge, lambda _loaded, _outcome: None, WORKERS)


def test_every_rule_there_is_gets_its_turn_behind_those_it_yields_to() -> None:
    taken: list[str] = []
    judge_abreast(all_rules(), lambda loaded: loaded.rule.code, lambda _loaded, outcome: taken.append(outcome), WORKERS)
    assert sorted(taken) == sorted(loaded.rule.code for loaded in all_rules())
    place = {code: number for number, code in enumerate(taken)}
    for loaded in all_rules():
        assert all(place[code] < place[loaded.rule.code] for code in loaded.rule.yields_to if code in place), loaded.rule.code


def test_what_judging_raises_comes_out() -> None:
    def judge(loaded: LoadedRule) -> None:
        raise KeyError(loaded.rule.code)

    with pytest.raises(KeyError):
        judge_abreast([rule("a.first"), rule("b.second", "a.first")], judge, lambda _loaded, _outcome: None, WORKERS)


def test_rules_that_yield_to_each_other_are_a_bug_and_no_standstill() -> None:
    with pytest.raises(AssertionError, match="yield to each other"):
        judge_abreast([rule("a.one", "b.two"), rule("b.two", "a.one")], lambda _loaded: None, lambda _loaded, _outcome: None, WORKERS)
