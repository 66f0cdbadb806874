from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from estab.diagnose import compose
from estab.diagnose.catalog import all_rules, in_order
from estab.diagnose.facts import Facts
from estab.diagnose.finding import CounterEvidence, Finding, Severity, Subject, SubjectKind
from estab.diagnose.rule import LoadedRule, Need, Rule, Source
from estab.diagnose.run import diagnose, reason_not_to_run, run_rules
from estab.text import msg
from tests.rules.conversation import Capture


def facts_of_two() -> Facts:
    capture = Capture()
    for _ in range(2):
        capture.talk().open()
    return capture.facts()


def rule(
    code: str, rows: tuple[int, ...] = (0,), *, severity: Severity = Severity.WARNING, confidence: float = 1.0, **more: object
) -> LoadedRule:
    """A rule that always finds something about these connections, unless others claim them."""
    declared = Rule(code=code, title=msg("x"), severity=severity, **more)  # type: ignore[arg-type]

    def check(facts: Facts) -> Iterator[Finding]:
        left = [row for row in rows if facts.unclaimed(declared.yields_to)[row]]
        if left:
            yield compose.finding(
                facts,
                declared,
                subject=Subject(SubjectKind.CAPTURE),
                rows=np.array(left),
                summary=msg("s"),
                cause=msg("c"),
                evidence=[CounterEvidence(msg("e"), "counter", 0, 1)],
                confidence=confidence,
            )

    return LoadedRule(declared, check)


def broken(code: str) -> LoadedRule:
    def check(facts: Facts) -> Iterator[Finding]:
        yield from [] if facts.count // 0 else ()

    return LoadedRule(Rule(code=code, title=msg("x"), severity=Severity.INFO), check)


def test_the_worst_comes_first() -> None:
    rules = [
        rule("a.info", severity=Severity.INFO),
        rule("b.unsure", confidence=0.5),
        rule("c.few"),
        rule("d.many", (0, 1)),
        rule("e.critical", severity=Severity.CRITICAL),
    ]
    found = diagnose(facts_of_two(), rules)
    assert [finding.code for finding in found.findings] == ["e.critical", "d.many", "c.few", "b.unsure", "a.info"]
    assert (found.rules_ran, found.count(Severity.WARNING), found.not_run) == (5, 3, ())


def test_a_stronger_cause_takes_its_connections_away() -> None:
    weak = rule("a.weak", (0, 1), yields_to=("z.strong",))
    found = diagnose(facts_of_two(), in_order({loaded.rule.code: loaded for loaded in (weak, rule("z.strong", (0,)))}))
    assert {finding.code: finding.connections for finding in found.findings} == {"a.weak": (1,), "z.strong": (0,)}


def test_a_wish_for_one_code_does_not_change_what_is_claimed() -> None:
    rules = in_order({loaded.rule.code: loaded for loaded in (rule("a.weak", yields_to=("z.strong",)), rule("z.strong"))})
    assert diagnose(facts_of_two(), rules, only=frozenset({"a.weak"})).findings == ()
    assert [finding.code for finding in diagnose(facts_of_two(), rules, only=frozenset({"z.strong"})).findings] == ["z.strong"]


def test_a_broken_rule_costs_nothing_but_itself() -> None:
    found = diagnose(facts_of_two(), [broken("a.broken"), rule("b.fine")])
    assert [finding.code for finding in found.findings] == ["b.fine"]
    why = "the rule failed: ZeroDivisionError: integer division or modulo by zero"
    assert [(entry.code, str(entry.why)) for entry in found.not_run] == [("a.broken", why)]


def test_a_live_rule_does_not_run_over_a_capture() -> None:
    found = diagnose(facts_of_two(), [rule("a.live", seen_from=Source.LIVE)])
    assert not found.findings and "this host" in str(found.not_run[0].why)


def one_way() -> Facts:
    capture = Capture()
    capture.talk().client("S").server("SA", unseen=True).client("A")
    return capture.facts()


def untimed() -> Facts:
    capture = Capture(timed=False)
    capture.talk().open()
    return capture.facts()


def midstream() -> Facts:
    capture = Capture()
    capture.talk().client("PA", data=5).server("A")
    return capture.facts()


@pytest.mark.parametrize(
    ("need", "facts", "reason"),
    [
        (Need.BOTH_DIRECTIONS, one_way(), "only one"),
        (Need.TIMES, untimed(), "times"),
        (Need.HANDSHAKES, midstream(), "beginning"),
        (Need.COUNTERS, midstream(), "counters"),
    ],
)
def test_a_rule_whose_need_is_missing_says_why(need: Need, facts: Facts, reason: str) -> None:
    needy = rule("a.needy", needs=frozenset({need}))
    found = diagnose(facts, [needy])
    assert not found.findings and found.rules_ran == 0 and reason in str(found.not_run[0].why)
    if need is not Need.COUNTERS:
        assert diagnose(facts_of_two(), [needy]).rules_ran == 1


def test_nothing_is_missed_where_there_is_nothing() -> None:
    needs = frozenset({Need.TIMES, Need.BOTH_DIRECTIONS, Need.HANDSHAKES, Need.TCP_OPTIONS})
    assert diagnose(Capture().facts(), [rule("a.needy", (), needs=needs)]).rules_ran == 1


@pytest.mark.parametrize("only", [None, frozenset({"handshake.refused", "b.broken"})])
def test_rules_side_by_side_find_the_same_as_one_after_the_other(only: frozenset[str] | None) -> None:
    capture = Capture()
    for _ in range(6):
        capture.talk().client("S").server("RA")
        capture.talk().open().client("PA", data=10).close()
    rules = [*all_rules(), broken("b.broken")]
    alone, abreast = (run_rules(capture.facts(), rules, reason_not_to_run, only=only, workers=workers) for workers in (1, 4))
    assert alone.findings and alone.findings == abreast.findings and alone.each == abreast.each
    assert alone.not_run == abreast.not_run and alone.rules_ran == abreast.rules_ran
