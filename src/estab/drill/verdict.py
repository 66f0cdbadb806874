"""What a run of a script came to."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from estab.drill.config import Family
from estab.drill.source import ScriptError
from estab.text import Text


class Outcome(enum.Enum):
    """How a run ended."""

    PASSED = "passed"
    FAILED = "failed"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the script says; both sides as a script writes them."""

    what: Text
    expected: str | Text
    actual: str | Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Where a script and the TCP part: the line and its text, when it happened, what was expected and what came."""

    line: int
    event: str
    at_ns: int
    reason: Text
    expected: str | Text = ""
    actual: str | Text = ""
    differences: tuple[Difference, ...] = ()
    unread: tuple[str, ...] = ()
    """The first packets that came beyond it, with their times."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a transcript: a packet or a call, as the script would write it; `line` is that of the event it belongs to, 0 for none."""

    at_ns: int
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One script over one family of addresses; `failure` tells where it failed, `unusable` why it could not be run."""

    path: str
    family: Family
    outcome: Outcome
    failure: Failure | None = None
    unusable: ScriptError | None = None
    ended_ns: int = 0
    transcript: tuple[Happening, ...] = ()


class MismatchError(Exception):
    """Raised within a run where the TCP does something else than the script says."""

    def __init__(
        self, reason: Text, *, expected: str | Text = "", actual: str | Text = "", differences: tuple[Difference, ...] = ()
    ) -> None:
        self.reason, self.expected, self.actual, self.differences = reason, expected, actual, differences
        super().__init__(str(reason))
