"""Changes as they are made: what is told before each, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from estab.knobs.audit import quoted
from estab.report.view import Layout
from estab.text import Text, msg
from estab.typeset import wrap

if TYPE_CHECKING:
    from estab.live.tuning import Step


def before_lines(step: Step, layout: Layout) -> Iterator[str]:
    """Old value, new value, scope and the line that undoes it; written before anything is changed."""
    tr = layout.translator
    yield f"{step.kernel_path}: {step.old or '-'} → {step.new or '-'}  ({tr(step.scope.value)})\n"
    yield f"  {tr(msg('undo:'))} sysctl -w {step.kernel_path}={quoted(step.old)}\n"


def after_lines(step: Step, layout: Layout) -> Iterator[str]:
    """What became of a change."""
    yield from (f"  {line}\n" for line in wrap(layout.translator(outcome_words(step)), layout.width - 2))


def outcome_words(step: Step) -> Text:
    """The outcome as a sentence."""
    from estab.live.tuning import Outcome

    name, now = step.kernel_path, step.now or "-"
    match step.outcome:
        case Outcome.WRITTEN if now == (step.new or "-"):
            return msg("written")
        case Outcome.WRITTEN:
            return msg("written; the kernel made {now} of it", now=now)
        case Outcome.ALREADY:
            return msg("{name} already is {now}", name=name, now=now)
        case Outcome.CHANGED_SINCE:
            return msg(
                "{name} is {now} now and not {old}: somebody else has changed it, and it is left alone",
                name=name,
                now=now,
                old=step.old or "-",
            )
        case Outcome.NOT_HERE:
            return msg("{name} is a setting of the whole host; it cannot be changed from within this network namespace", name=name)
        case Outcome.REBOOTED:
            return msg("{name} is {now}: the host has been restarted since it was changed, so there is nothing to undo", name=name, now=now)
        case _:
            return msg("{name} was not changed: {problem}", name=name, problem=_problem(step))


def _problem(step: Step) -> Any:
    said = step.problem.args[0] if step.problem is not None and step.problem.args else ""
    return said if isinstance(said, Text) else str(step.problem)
