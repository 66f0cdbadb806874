"""Runs of scripts as text for people and as a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from estab.drill.spell import spell_time
from estab.drill.verdict import Failure, Outcome, Run
from estab.errors import InputError
from estab.instant import SECOND_NS
from estab.text import Text, Translator, msg
from estab.typeset import pad, width_of

SCHEMA = "estab.drill/1"

_SAID = {Outcome.PASSED: msg("passed"), Outcome.FAILED: msg("FAILED"), Outcome.UNUSABLE: msg("unusable")}


def render_text(runs: Sequence[Run], translator: Translator, *, verbose: bool, strong: Callable[[str], str] = str) -> Iterator[str]:
    """Lines (each with its end): one for a script that passed, several for one that did not, and the count at the end."""
    for path, group in groupby(runs, key=lambda run: run.path):
        yield from _script_lines(path, list(group), translator, verbose=verbose, strong=strong)
    counts = Counter(_worst(list(group)) for _, group in groupby(runs, key=lambda run: run.path))
    said = [translator(_SAID[outcome]) + f" {counts[outcome]}" for outcome in Outcome if counts[outcome]]
    yield "\n" + translator(msg("{count} scripts", count=sum(counts.values()))) + ": " + " · ".join(said) + "\n"


def _worst(runs: Iterable[Run]) -> Outcome:
    order = list(Outcome)
    return max((run.outcome for run in runs), key=order.index)


def _script_lines(path: str, runs: list[Run], translator: Translator, *, verbose: bool, strong: Callable[[str], str]) -> Iterator[str]:
    worst = _worst(runs)
    families = " ".join(run.family.value for run in runs if run.outcome is Outcome.PASSED)
    yield f"{strong(pad(translator(_SAID[worst]), 10))}{path}  {families}".rstrip() + "\n"
    for run in runs:
        if run.failure is not None:
            yield from _failure_lines(run, run.failure, translator)
        elif run.unusable is not None:
            yield f"    {place_and_reason(run.unusable, translator)}\n"
        if verbose:
            yield from (f"    {spell_time(line.at_ns):>12}  {line.line:>4}  {line.text}\n" for line in run.transcript)
        if run.unusable is not None:
            return


def place_and_reason(problem: InputError, translator: Translator) -> str:
    """FILE:LINE:COLUMN: why."""
    return f"{problem.path}: {translator(problem.reason) if isinstance(problem.reason, Text) else problem.reason}"


def _failure_lines(run: Run, failure: Failure, translator: Translator) -> Iterator[str]:
    """What was expected beside what came, where and when."""
    yield f"    {run.path}:{failure.line}  {run.family.value}  {spell_time(failure.at_ns)} s  {translator(failure.reason)}\n"
    rows = [(translator(msg("script")), failure.event)]
    if failure.expected and failure.expected != failure.event:
        rows.append((translator(msg("expected")), _said(failure.expected, translator)))
    if failure.actual:
        rows.append((translator(msg("actual")), _said(failure.actual, translator)))
    for difference in failure.differences:
        both = msg(
            "expected {expected}, actual {actual}",
            expected=_said(difference.expected, translator),
            actual=_said(difference.actual, translator),
        )
        rows.append((translator(difference.what), translator(both)))
    rows += [(translator(msg("then came")), line) for line in failure.unread]
    room = max(width_of(name) for name, _ in rows) + 2
    yield from (f"      {pad(name, room)}{value}\n" for name, value in rows)


def _said(value: str | Text, translator: Translator) -> str:
    return translator(value) if isinstance(value, Text) else value


def runs_to_dict(runs: Iterable[Run], translator: Translator) -> dict[str, Any]:
    """The document `estab.drill/1`."""
    listed = list(runs)
    counts = Counter(run.outcome for run in listed)
    return {
        "schema": SCHEMA,
        "language": translator.language,
        "runs": [_run_to_dict(run, translator) for run in listed],
        "count": {outcome.value: counts[outcome] for outcome in Outcome},
    }


def _run_to_dict(run: Run, translator: Translator) -> dict[str, Any]:
    document: dict[str, Any] = {
        "script": run.path,
        "ip_version": run.family.value,
        "outcome": run.outcome.value,
        "virtual_duration_s": run.ended_ns / SECOND_NS,
        "failure": None,
        "unusable": None,
    }
    if run.unusable is not None:
        place = run.unusable.place
        document["unusable"] = {"line": place.line, "column": place.column, "reason": _said(_reason(run.unusable), translator)}
    failure = run.failure
    if failure is not None:
        document["failure"] = {
            "line": failure.line,
            "event": failure.event,
            "at_ns": failure.at_ns,
            "reason": translator(failure.reason),
            "expected": _said(failure.expected, translator),
            "actual": _said(failure.actual, translator),
            "differences": [
                {
                    "what": translator(difference.what),
                    "expected": _said(difference.expected, translator),
                    "actual": _said(difference.actual, translator),
                }
                for difference in failure.differences
            ],
            "unread": list(failure.unread),
        }
    return document


def _reason(problem: InputError) -> str | Text:
    return problem.reason if isinstance(problem.reason, Text) else str(problem.reason)
