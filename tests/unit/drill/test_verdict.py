from __future__ import annotations

from estab.drill.config import Family
from estab.drill.verdict import Difference, MismatchError, Outcome, Run
from estab.text import msg


def test_a_mismatch_carries_both_sides() -> None:
    difference = Difference(msg("window"), "5", "6")
    problem = MismatchError(msg("the packet is not as written"), expected="a", actual="b", differences=(difference,))
    assert (problem.expected, problem.actual, problem.differences, str(problem)) == (
        "a",
        "b",
        (difference,),
        "the packet is not as written",
    )


def test_outcomes_are_ordered_from_good_to_worse() -> None:
    assert list(Outcome) == [Outcome.PASSED, Outcome.FAILED, Outcome.UNUSABLE]
    assert Run(path="a", family=Family.IPV4, outcome=Outcome.PASSED).failure is None
