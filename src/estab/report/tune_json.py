"""The document `estab.tune/1`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from estab.knobs.audit import Recommendation, unusual
from estab.report.tune_steps import outcome_words
from estab.text import Text, Translator

if TYPE_CHECKING:
    from estab.live.tuned import Tuned
    from estab.live.tuning import Step

SCHEMA = "estab.tune/1"
Document = dict[str, Any]


def tune_to_dict(tuned: Tuned, translator: Translator | None = None, steps: Sequence[Step] = ()) -> Document:
    """What was read, what is recommended, and what was done about it."""
    tr, host = translator or Translator(), tuned.host
    return {
        "schema": SCHEMA,
        "host": {
            "taken_ns": host.taken_ns,
            "kernel": host.kernel,
            "namespace": host.namespace,
            "netns": (tuned.namespace.name or None) if tuned.namespace is not None else None,
            "initial_namespace": host.is_initial_namespace,
        },
        "profile": tuned.purpose.name if tuned.purpose is not None else None,
        "recommendations": [_recommendation(one, tr) for one in tuned.recommendations],
        "lacking": [knob.name for knob in tuned.lacking],
        "different": {knob.name: {"value": value, "default": default} for knob, value, default in unusual(host.knobs)},
        "settings": dict(host.knobs),
        "unseen": {
            name: tr(reason) if isinstance(reason, Text) else reason for name, reason in host.unseen.items() if name.startswith("knobs")
        },
        "changes": steps_to_list(steps, tr),
    }


def undone_to_dict(steps: Sequence[Step], elsewhere: int, translator: Translator | None = None) -> Document:
    """What an undo did; `elsewhere` changes were made in other namespaces."""
    return {"schema": SCHEMA, "changes": steps_to_list(steps, translator or Translator()), "elsewhere": elsewhere}


def steps_to_list(steps: Sequence[Step], tr: Translator) -> list[Document]:
    """Changes that were made, or were not."""
    return [
        {
            "path": step.kernel_path,
            "scope": step.scope.name.lower(),
            "old": step.old,
            "new": step.new,
            "now": step.now,
            "outcome": step.outcome.value if step.outcome is not None else None,
            "text": tr(outcome_words(step)),
        }
        for step in steps
    ]


def _recommendation(one: Recommendation, tr: Translator) -> Document:
    knob = one.knob
    return {
        "knob": knob.name,
        "path": knob.kernel_path,
        "reason": one.reason.name.lower(),
        "old": one.old,
        "new": one.new,
        "why": tr(one.why),
        "scope": knob.scope.name.lower(),
        "takes_effect": tr(knob.takes_effect),
        "valid": str(knob.valid) if knob.valid is not None else None,
        "since": knob.since,
        "caution": tr(knob.caution) if knob.caution is not None else None,
        "undo": one.undo if one.new is not None else None,
    }
