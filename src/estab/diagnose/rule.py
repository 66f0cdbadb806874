"""The declaration that a rule file makes.

A rule is one file in `rules/` (over captures) or in `host_rules/` (over a live host), named after its code (`close.close_wait_leak` stands
in `close_close_wait_leak.py`).  It holds a docstring with the headings of HEADINGS, `RULE = Rule(...)`, and `check(facts)`, which yields
findings.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from estab.diagnose.finding import Finding, Severity
from estab.text import Text

if TYPE_CHECKING:
    from estab.diagnose.facts import Facts
    from estab.diagnose.host_facts import HostFacts  # noqa: F401 - named in an alias below

AnyFacts = TypeVar("AnyFacts")

HEADINGS = ("What it sees", "Why it matters", "Evidence required", "What else looks like this", "What to do", "References")
"""Headings of a rule's docstring, in this order."""


class Source(enum.Enum):
    """Which kind of source can show a pathology."""

    CAPTURE = "capture"
    LIVE = "live"
    BOTH = "both"


class Need(enum.Enum):
    """What a rule cannot do without; where it is missing the rule is reported as not run."""

    TIMES = "times"
    """Packets with times."""
    BOTH_DIRECTIONS = "both directions"
    """Packets of both sides."""
    HANDSHAKES = "handshakes"
    """At least one SYN or SYN-ACK."""
    TCP_OPTIONS = "tcp options"
    """Headers whose options the snap length did not cut."""
    SOCKETS = "sockets"
    """The socket table of this host."""
    COUNTERS = "counters"
    """The counters of this host's kernel."""
    KNOBS = "knobs"
    """The settings of this host."""
    PROCESSES = "processes"
    """The owners of this host's sockets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a rule file declares about itself.

    `code` is permanent; `title` names the pathology in general (a finding may say it of its subject); `severity` is the usual one.
    `yields_to` names stronger causes: their rules run first, and what they claim (`Facts.claimed_by`) this rule leaves to them.
    """

    code: str
    title: Text
    severity: Severity
    seen_from: Source = Source.CAPTURE
    needs: frozenset[Need] = frozenset()
    knobs: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    yields_to: tuple[str, ...] = ()

    @property
    def module_name(self) -> str:
        """Name of the file, without its ending."""
        return self.code.replace(".", "_")


@dataclass(frozen=True)
class AnyRule(Generic[AnyFacts]):
    """A rule file as it was found."""

    rule: Rule
    check: Callable[[AnyFacts], Iterator[Finding]]


Check = Callable[["Facts"], Iterator[Finding]]
LoadedRule = AnyRule["Facts"]
HostRule = AnyRule["HostFacts"]
