"""Runs the rules over the facts: those that can run, and for the others the reason why not."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from estab.diagnose.abreast import judge_abreast
from estab.diagnose.catalog import all_rules
from estab.diagnose.finding import Finding, Severity
from estab.diagnose.gather import gather
from estab.diagnose.rule import AnyRule, LoadedRule, Need, Rule, Source
from estab.text import Text, msg

if TYPE_CHECKING:
    from estab.diagnose.facts import Facts

ABREAST = 2
"""Rules that run at a time over many connections: array operations let go of the interpreter, the rest of a rule does not."""
MANY_CONNECTIONS = 1 << 14
"""Below, threads cost more than they save."""


@dataclass(frozen=True, slots=True)
class NotRun:
    """A rule that could not run, and why."""

    code: str
    why: Text


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the rules found, worst first; in `each` also those that `findings` gathers because they show at very many places."""

    findings: tuple[Finding, ...]
    not_run: tuple[NotRun, ...]
    rules_ran: int
    each: tuple[Finding, ...] = ()

    def count(self, severity: Severity) -> int:
        """Findings of this severity."""
        return sum(finding.severity is severity for finding in self.findings)


class Claimable(Protocol):
    """What rules of either kind run over."""

    def claim(self, finding: Finding) -> None:
        """Notes what a finding explains."""


AnyClaimable = TypeVar("AnyClaimable", bound=Claimable)


def diagnose(facts: Facts, rules: Iterable[LoadedRule] | None = None, *, only: frozenset[str] | None = None) -> Diagnosis:
    """Runs all rules over captures, or those given; `only` keeps the findings of these codes."""
    workers = ABREAST if facts.count >= MANY_CONNECTIONS else 1
    return run_rules(facts, all_rules() if rules is None else rules, reason_not_to_run, only=only, workers=workers)


def run_rules(
    facts: AnyClaimable,
    rules: Iterable[AnyRule[AnyClaimable]],
    reason: Callable[[Rule, AnyClaimable], Text | None],
    *,
    only: frozenset[str] | None = None,
    workers: int = 1,
) -> Diagnosis:
    """Runs rules in their order, or with several `workers` each when those are done that it yields to; the result is the same.

    The rules that a wanted rule yields to run all the same, because what they claim belongs to them.  A rule that fails is a bug of
    the rule; it is reported as not run, and what the others found is not lost.
    """
    rules = tuple(rules)
    outcomes: dict[str, tuple[Finding, ...] | Text] = {}

    def take(loaded: AnyRule[AnyClaimable], outcome: tuple[Finding, ...] | Text) -> None:
        outcomes[loaded.rule.code] = outcome
        if isinstance(outcome, tuple):
            for finding in outcome:
                facts.claim(finding)

    judge = functools.partial(_judge, facts, reason)
    if workers > 1:
        judge_abreast(rules, judge, take, workers)
    else:
        for loaded in rules:
            take(loaded, judge(loaded))
    findings: list[Finding] = []
    not_run: list[NotRun] = []
    for loaded in rules:
        code, outcome = loaded.rule.code, outcomes[loaded.rule.code]
        if isinstance(outcome, tuple):
            findings += outcome
        else:
            not_run.append(NotRun(code, outcome))
    ran = len(rules) - len(not_run)
    if only is not None:
        findings = [finding for finding in findings if finding.code in only]
        not_run = [entry for entry in not_run if entry.code in only]
    return diagnosis_of(findings, not_run, ran)


def _judge(
    facts: AnyClaimable, reason: Callable[[Rule, AnyClaimable], Text | None], loaded: AnyRule[AnyClaimable]
) -> tuple[Finding, ...] | Text:
    """What a rule finds, or why it could not run."""
    why = reason(loaded.rule, facts)
    if why is not None:
        return why
    try:
        return tuple(loaded.check(facts))
    except Exception as problem:  # noqa: BLE001 - one broken rule must not cost the findings of the others
        return msg("the rule failed: {problem}", problem=f"{type(problem).__name__}: {problem}")


def diagnosis_of(findings: Iterable[Finding], not_run: Iterable[NotRun], rules_ran: int) -> Diagnosis:
    """The findings in order, with the long tails of equal ones gathered."""
    each = sorted(findings, key=_worst_first)
    return Diagnosis(tuple(sorted(gather(each), key=_worst_first)), tuple(not_run), rules_ran, tuple(each))


def _worst_first(finding: Finding) -> tuple[int, float, int, str, int]:
    return -finding.severity.rank, -finding.confidence, -finding.count, finding.code, finding.first_ns


def reason_not_to_run(rule: Rule, facts: Facts) -> Text | None:
    """Why a rule cannot run over these facts, or None where it can."""
    if rule.seen_from is Source.LIVE:
        return msg("needs this host's sockets and counters; a capture does not hold them")
    for need in Need:
        if need in rule.needs and (why := missing(need, facts)) is not None:
            return why
    return None


def missing(need: Need, facts: Facts) -> Text | None:
    """Why a need is not met, or None where it is.  Where there are no connections, nothing is missed."""
    if need in {Need.SOCKETS, Need.COUNTERS, Need.KNOBS, Need.PROCESSES}:
        return msg("needs this host's sockets and counters; a capture does not hold them")
    if facts.count == 0:
        return None
    if need is Need.TIMES and not facts.has_times:
        return msg("needs times; this capture has none")
    if need is Need.BOTH_DIRECTIONS and facts.only_one_way:
        return msg("needs both directions; this capture holds only one")
    if need is Need.HANDSHAKES and not facts.attempted.any() and not facts.answered.any():
        return msg("needs a connection's beginning; all connections began before this capture")
    if need is Need.TCP_OPTIONS and facts.options_cut:
        return msg("needs TCP options; the snap length cut them off")
    return None
