"""Many intervals as a few rows of time, and findings as spans: what a person looks at to learn what happened at 03:12."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from estab.history.interval import Interval
from estab.instant import HOUR_NS, MINUTE_NS, SECOND_NS

_STEPS_NS = tuple(
    [many * SECOND_NS for many in (1, 2, 5, 10, 15, 30)]
    + [many * MINUTE_NS for many in (1, 2, 5, 10, 15, 30)]
    + [many * HOUR_NS for many in (1, 2, 3, 6, 12, 24, 72, 168)]
)
"""Lengths of a row that a person can count in."""


@dataclass(slots=True)
class Row:
    """A stretch of time: the most sockets seen in each state, and the counters' sums.  `covered_ns` is how much of it was recorded."""

    from_ns: int
    to_ns: int
    covered_ns: int = 0
    states: dict[str, int] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    worst: dict[str, int] = field(default_factory=dict)
    """Findings by severity, the most in one interval."""

    def per_second(self, counter: str) -> float:
        """Rate of a counter over the time that was recorded."""
        return self.moved.get(counter, 0) * SECOND_NS / self.covered_ns if self.covered_ns else 0.0


@dataclass(frozen=True, slots=True)
class Span:
    """A finding from when it was first to when it was last seen without a pause, with its worst count and what was said then."""

    code: str
    place: str
    severity: str
    from_ns: int
    to_ns: int
    count: int
    text: str


def step_for(lasts_ns: int, rows: int) -> int:
    """The shortest step by which a time is told in at most so many rows."""
    return next((step for step in _STEPS_NS if lasts_ns <= step * rows), lasts_ns // max(rows, 1) + 1)


def rows_of(intervals: Iterable[Interval], step_ns: int) -> list[Row]:
    """The intervals gathered into rows that begin at whole steps; an interval belongs to the row in which it ends.

    A row in which nothing was recorded is left out: its absence is to be told by who shows them.
    """
    rows: dict[int, Row] = {}
    for interval in intervals:
        begin = (interval.to_ns - 1) // step_ns * step_ns
        row = rows.setdefault(begin, Row(begin, begin + step_ns))
        row.covered_ns += interval.lasted_ns
        for state, sockets in interval.states.items():
            row.states[state] = max(row.states.get(state, 0), sockets)
        _add(row.moved, interval.moved)
        severities: dict[str, int] = {}
        for seen in interval.findings:
            severities[seen.severity] = severities.get(seen.severity, 0) + 1
        for severity, many in severities.items():
            row.worst[severity] = max(row.worst.get(severity, 0), many)
    return [rows[begin] for begin in sorted(rows)]


def _add(sums: dict[str, int], moved: Mapping[str, int]) -> None:
    for name, by in moved.items():
        sums[name] = sums.get(name, 0) + by


def spans_of(intervals: Sequence[Interval]) -> list[Span]:
    """The findings as spans, in the order in which they began; one that is missing in an interval between two others begins anew."""
    open_spans: dict[tuple[str, str], Span] = {}
    done: list[Span] = []
    for interval in intervals:
        now = {(seen.code, seen.place): seen for seen in interval.findings}
        done += [open_spans.pop(key) for key in [*open_spans] if key not in now]
        for key, seen in now.items():
            known = open_spans.get(key)
            worse = known is None or seen.count > known.count
            open_spans[key] = Span(
                code=seen.code,
                place=seen.place,
                severity=seen.severity if known is None else max(known.severity, seen.severity, key=_RANK.__getitem__),
                from_ns=interval.from_ns if known is None else known.from_ns,
                to_ns=interval.to_ns,
                count=seen.count if known is None else max(known.count, seen.count),
                text=seen.text if worse or known is None else known.text,
            )
    return sorted([*done, *open_spans.values()], key=lambda span: (span.from_ns, span.code, span.place))


_RANK = {"info": 0, "warning": 1, "critical": 2}


@dataclass(frozen=True, slots=True)
class Change:
    """A number now and in the time before it was compared with."""

    name: str
    now: float
    usual: float


def unusual(now: Row, usual: Sequence[Row], *, most: int = 12) -> list[Change]:
    """The counters (by rate) that differ most from their usual rate, largest ratio first; at least twice as much, or half.

    `usual` are rows of the time before; the usual rate is their median, so that one earlier burst does not hide this one.
    """
    changes = []
    for name in {name for row in (now, *usual) for name in row.moved}:
        rates = sorted(row.per_second(name) for row in usual)
        before = rates[len(rates) // 2] if rates else 0.0
        rate = now.per_second(name)
        if rate != before and (before == 0 or not 0.5 < rate / before < 2):
            changes.append(Change(name, rate, before))
    return sorted(changes, key=lambda change: (-_ratio(change), -change.now, change.name))[:most]


def _ratio(change: Change) -> float:
    low, high = sorted((change.now, change.usual))
    return high / low if low else float("inf")
