"""A rehearsal as the document `estab.lab/1`: what ran, what happened, and the verdict on its capture."""

from __future__ import annotations

from typing import Any

from estab.report.diagnosis_json import diagnosis_to_dict, finding_to_dict
from estab.report.host_json import sockets_and_owners
from estab.report.rehearsal import Rehearsal, SeenAtHost
from estab.text import Text, Translator

SCHEMA = "estab.lab/1"


def rehearsal_to_dict(rehearsal: Rehearsal, translator: Translator | None = None) -> dict[str, Any]:
    """The document; texts in the translator's language, English without one; times in nanoseconds since the run began."""
    tr = translator or Translator()

    def say(text: Text | str) -> str:
        return text if isinstance(text, str) else tr(text)

    return {
        "schema": SCHEMA,
        "scenario": rehearsal.name,
        "title": say(rehearsal.title),
        "paragraph": say(rehearsal.paragraph),
        "look": [say(text) for text in rehearsal.look],
        "behaviours": list(rehearsal.behaviours),
        "seed": rehearsal.seed,
        "twin": rehearsal.as_twin,
        "parameters": dict(rehearsal.parameters),
        "virtual_ns": rehearsal.virtual_ns,
        "events": rehearsal.events,
        "packets": rehearsal.packets,
        "results": {
            name: value if isinstance(value, int | float | str | bool) else str(value) for name, value in rehearsal.results.items()
        },
        "counters": {name: dict(counters) for name, counters in rehearsal.counters.items()},
        "timeline": [record.to_dict() for record in rehearsal.timeline],
        "verdict": {
            "findings": sorted(rehearsal.codes),
            "expected": None if rehearsal.expected is None else sorted(rehearsal.expected),
            "as_expected": rehearsal.as_expected,
            "compared": rehearsal.compared,
            "disagreements": list(rehearsal.disagreements),
            "check": rehearsal.problem,
        },
        **({} if rehearsal.hosts is None else {"hosts": [_seen(seen, tr) for seen in rehearsal.hosts]}),
        "diagnosis": diagnosis_to_dict(rehearsal.analysis, tr),
    }


def _seen(seen: SeenAtHost, tr: Translator) -> dict[str, Any]:
    """A finding at a host."""
    finding = finding_to_dict(seen.finding, tr) | {"connections": []} | sockets_and_owners(seen.finding)
    return {"host": seen.host, "first_ns": seen.first_ns, "last_ns": seen.last_ns, "finding": finding}
