"""What is told before a change and after it."""

from __future__ import annotations

import pytest

from estab.errors import MisuseError, PermissionNeeded
from estab.knobs.declare import Scope
from estab.live.tuning import Outcome, Step
from estab.report.painter import Painter
from estab.report.tune_steps import after_lines, before_lines, outcome_words
from estab.report.view import Layout
from estab.text import Translator, msg


def step(outcome: Outcome | None = None, *, old: str = "4096 87380 6291456", now: str = "1", problem: Exception | None = None) -> Step:
    return Step(
        kernel_path="net.ipv4.tcp_rmem",
        scope=Scope.NAMESPACE,
        old=old,
        new="1",
        outcome=outcome,
        now=now,
        problem=problem,  # type: ignore[arg-type]
    )


def layout(language: str = "en") -> Layout:
    return Layout(translator=Translator(language), painter=Painter())


def test_old_and_new_scope_and_undo_stand_before() -> None:
    assert list(before_lines(step(), layout())) == [
        "net.ipv4.tcp_rmem: 4096 87380 6291456 → 1  (this network namespace)\n",
        "  undo: sysctl -w net.ipv4.tcp_rmem='4096 87380 6291456'\n",
    ]
    assert list(before_lines(step(old=""), layout()))[1] == "  undo: sysctl -w net.ipv4.tcp_rmem=''\n"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (step(Outcome.WRITTEN), "written"),
        (step(Outcome.WRITTEN, now="2"), "the kernel made 2 of it"),
        (step(Outcome.ALREADY), "already is 1"),
        (step(Outcome.CHANGED_SINCE, now="7"), "is 7 now and not 4096 87380 6291456"),
        (step(Outcome.NOT_HERE), "setting of the whole host"),
        (step(Outcome.REBOOTED), "has been restarted"),
        (step(Outcome.REFUSED, problem=MisuseError(msg("no"))), "was not changed: no"),
        (step(Outcome.REFUSED, problem=PermissionNeeded("it may not", capability="CAP_NET_ADMIN")), "CAP_NET_ADMIN"),
    ],
)
def test_outcomes_in_words(made: Step, said: str) -> None:
    assert said in str(outcome_words(made))
    assert said in " ".join(" ".join(after_lines(made, layout())).split())


def test_every_outcome_has_words_in_chinese() -> None:
    for outcome in Outcome:
        assert Translator("zh_CN")(outcome_words(step(outcome))) != str(outcome_words(step(outcome)))
