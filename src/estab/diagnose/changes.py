"""Which findings of a host appear, change and end while it is watched, interval after interval.

The same code at the same subject is the same finding.  One that a single interval lacks has not ended yet: what happens now and then,
such as a lost segment, would otherwise come and go with every interval.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

from estab.diagnose.finding import Finding, Subject

QUIET_INTERVALS = 2
"""A finding has ended when so many intervals in a row are without it."""
TIMES, LEAST = 2, 5
"""A count is told again when it is so many times what was told, or that part of it, and differs by at least so much."""
MOST_REMEMBERED = 10_000
"""Findings that ended and are known again when they come back."""

_Key = tuple[str, Subject, int]


class ChangeKind(enum.Enum):
    """What happened to a finding."""

    APPEARED = "appeared"
    CHANGED = "changed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change; `finding` is as it is now, and of one that ended as it was last.

    It is seen from the beginning of the first interval that shows it to the end of the last one: `since_ns` and `until_ns` are
    nanoseconds since the epoch, `lasted_ns` is by a clock that is never set.
    """

    kind: ChangeKind
    finding: Finding
    since_ns: int
    until_ns: int
    lasted_ns: int
    was: Finding | None = None
    """Of a change: what was told before."""
    times: int = 1
    """How often it has appeared, this time included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An interval on two clocks: since the epoch, and on one that is never set."""

    from_ns: int
    to_ns: int
    steady_from_ns: int
    steady_to_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """A finding that has not ended."""

    told: Finding
    last: Finding
    first_span: Span
    last_span: Span
    times: int
    absent: int = 0


class FindingLog:
    """The findings that stand; `appeared` and `ended` count them."""

    def __init__(self) -> None:
        self.appeared = self.ended = 0
        self._standing: dict[_Key, _Standing] = {}
        self._ended: dict[_Key, int] = {}

    @property
    def standing(self) -> int:
        """How many have not ended."""
        return len(self._standing)

    def note(self, findings: Sequence[Finding], span: Span) -> list[Change]:
        """What the findings of the next interval change: new ones, changed ones, ended ones, each in the order given."""
        now = _by_key(findings)
        changes = [change for key, finding in now.items() if (change := self._met(key, finding, span)) is not None]
        changes += [change for key in [*self._standing] if key not in now and (change := self._missed(key)) is not None]
        order = tuple(ChangeKind)
        return sorted(changes, key=lambda change: order.index(change.kind))

    def _met(self, key: _Key, finding: Finding, span: Span) -> Change | None:
        known = self._standing.get(key)
        if known is None:
            times = self._ended.pop(key, 0) + 1
            self.appeared += 1
            self._standing[key] = fresh = _Standing(told=finding, last=finding, first_span=span, last_span=span, times=times)
            return _change(ChangeKind.APPEARED, fresh)
        changed = differs(known.told, finding)
        here = replace(known, last=finding, last_span=span, absent=0, told=finding if changed else known.told)
        self._standing[key] = here
        return replace(_change(ChangeKind.CHANGED, here), was=known.told) if changed else None

    def _missed(self, key: _Key) -> Change | None:
        known = replace(self._standing[key], absent=self._standing[key].absent + 1)
        self._standing[key] = known
        if known.absent < QUIET_INTERVALS:
            return None
        del self._standing[key]
        self.ended += 1
        if len(self._ended) >= MOST_REMEMBERED:
            del self._ended[next(iter(self._ended))]
        self._ended[key] = known.times
        return _change(ChangeKind.ENDED, known)


def differs(told: Finding, now: Finding) -> bool:
    """Another severity, or a count that is far from the one that was told."""
    more, less = max(told.count, now.count), min(told.count, now.count)
    return told.severity is not now.severity or (more >= TIMES * less and more - less >= LEAST)


def _by_key(findings: Sequence[Finding]) -> dict[_Key, Finding]:
    """The findings by what makes them the same; several of one code at one subject keep their order."""
    result: dict[_Key, Finding] = {}
    for finding in findings:
        number = 0
        while (key := (finding.code, finding.subject, number)) in result:
            number += 1
        result[key] = finding
    return result


def _change(kind: ChangeKind, known: _Standing) -> Change:
    first, last = known.first_span, known.last_span
    return Change(
        kind=kind,
        finding=known.last,
        since_ns=first.from_ns,
        until_ns=last.to_ns,
        lasted_ns=last.steady_to_ns - first.steady_from_ns,
        times=known.times,
    )
