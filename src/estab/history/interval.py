"""One interval of a host's life as it is kept: sums and crowds, never single sockets.

What is kept must answer "what happened at 03:12" days later and still fit: a table of 200,000 sockets becomes a few hundred numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CROWDS_KEPT = 20
"""Peers, processes and listeners of an interval that are kept by name, the largest first; the others are summed."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Sockets that have something in common; `states` counts them by the state's label."""

    name: str
    states: Mapping[str, int]

    @property
    def sockets(self) -> int:
        """How many there are."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class ListenerLoad:
    """The accept queue of one listener at the interval's end, against its limit (the kernel holds limit + 1)."""

    name: str
    queue: int
    limit: int


@dataclass(frozen=True, slots=True)
class SeenFinding:
    """A finding that held in an interval; `place` is what it is about, `text` the summary in English."""

    code: str
    place: str
    severity: str
    count: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What happened between two readings.  `moved` holds counters that changed, by the kernel's names, with their difference.

    Times are nanoseconds since the epoch.  `partial` marks an interval that an interruption cut short.
    """

    from_ns: int
    to_ns: int
    states: Mapping[str, int] = field(default_factory=dict)
    moved: Mapping[str, int] = field(default_factory=dict)
    peers: tuple[Crowd, ...] = ()
    listeners: tuple[ListenerLoad, ...] = ()
    findings: tuple[SeenFinding, ...] = ()
    partial: bool = False

    @property
    def lasted_ns(self) -> int:
        """Its length."""
        return self.to_ns - self.from_ns
