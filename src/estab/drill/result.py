"""What several scripts came to, as `estab.drill()` gives it."""

from __future__ import annotations

from typing import Any

from estab.drill.render import runs_to_dict
from estab.drill.verdict import Outcome, Run
from estab.text import Translator


class Drill:
    """`runs` has one entry for each script and family of addresses; `to_dict()` is the document `estab.drill/1`."""

    def __init__(self, runs: tuple[Run, ...]) -> None:
        self.runs = runs

    @property
    def passed(self) -> bool:
        """Whether every run passed."""
        return all(run.outcome is Outcome.PASSED for run in self.runs)

    @property
    def failed(self) -> bool:
        """Whether a run failed; a script that cannot be used has not failed."""
        return any(run.outcome is Outcome.FAILED for run in self.runs)

    def to_dict(self, translator: Translator | None = None) -> dict[str, Any]:
        """JSON-able, schema `estab.drill/1`; texts in English unless a translator is given."""
        return runs_to_dict(self.runs, translator or Translator())
