"""What the reference says about one code of a finding."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from estab.text import Text, msg


class Severity(enum.Enum):
    """The usual severity; the evidence may lower or raise it in a finding.  The value is the word for people."""

    INFO = msg("info")
    WARNING = msg("warning")
    CRITICAL = msg("critical")


class SeenFrom(enum.Enum):
    """Which source can show it; the value is the word for people."""

    CAPTURE = msg("a capture")
    LIVE = msg("the live host")
    BOTH = msg("a capture or the live host")


class Place(enum.Enum):
    """Where a step is taken, in the order in which steps are safe; the value is the word for people."""

    APPLICATION = msg("application")
    NETWORK = msg("network")
    SOCKET = msg("socket option")
    KERNEL = msg("sysctl")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do."""

    place: Place
    text: Text


@dataclass(frozen=True, slots=True)
class Alike:
    """Something that looks the same, and how to tell it apart; `name` is a code, or empty where the text says it all."""

    name: str
    difference: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    """Everything the reference says about one permanent code.

    `live` and `capture` name what to look at; `do` stands in safe order; `states` and `knobs` are the names of related pages;
    `references` are RFC clauses, kernel documents and kernel files.
    """

    code: str
    severity: Severity
    seen_from: SeenFrom
    title: Text
    what: Text
    why: Text
    live: tuple[Text, ...] = ()
    capture: tuple[Text, ...] = ()
    alike: tuple[Alike, ...] = ()
    do: tuple[Step, ...] = ()
    caution: Text | None = None
    states: tuple[str, ...] = ()
    knobs: tuple[str, ...] = ()
    references: tuple[str, ...]

    def __post_init__(self) -> None:
        places = list(Place)
        order = [places.index(step.place) for step in self.do]
        assert order == sorted(order), f"{self.code}: steps are not in safe order"
        assert self.live or self.capture, f"{self.code}: nothing to look at"
