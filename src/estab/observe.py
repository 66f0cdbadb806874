"""A live host, interval after interval: read, diagnosed, and compared with what was known before.

What an interval showed does not depend on who asks: `estab diagnose` looks once, `estab diagnose --watch` again and again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from estab.diagnose.changes import Change, FindingLog, Span
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_run import diagnose_host
from estab.live.namespaces import chosen_namespace
from estab.live.owner_memory import OwnerMemory
from estab.live.watching import HostReader, Progress, Readings
from estab.report.model import HostAnalysis


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRequest:
    """What is looked at: a namespace by name or by a process in it (neither: one's own), and only findings of some codes."""

    netns: str | None = None
    pid: int | None = None
    only: frozenset[str] | None = None


class HostObserver:
    """Looks at a host; a context manager, because what listens between the readings has to be closed."""

    def __init__(self, request: HostRequest, *, stopped: threading.Event | None = None) -> None:
        self._request = request
        self._reader = HostReader(chosen_namespace(request.netns, request.pid), stopped=stopped)
        self._owners = OwnerMemory(self._reader.begin().boot_ns)

    def look(self, lasts_ns: int, progress: Progress) -> tuple[HostAnalysis, Readings]:
        """One interval, diagnosed."""
        readings = self._reader.next(lasts_ns, progress)
        facts = HostFacts(readings.before, readings.after, interval_ns=readings.interval_ns, owners_of=self._owners.owners_of)
        diagnosis = diagnose_host(facts, only=self._request.only)
        netns, pid = self._request.netns or "", self._request.pid
        return HostAnalysis(facts=facts, diagnosis=diagnosis, netns=netns, pid=pid, partial=readings.cut_short), readings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing listens yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One interval of a watched host; of the first one all findings are changes."""

    number: int
    analysis: HostAnalysis
    changes: tuple[Change, ...]
    log: FindingLog


def analyse_host(request: HostRequest, lasts_ns: int, progress: Progress | None = None) -> HostAnalysis:
    """Reads a host twice and lets the rules for hosts run; Ctrl-C cuts the wait short, and the result is marked partial."""
    with HostObserver(request) as observer:
        return observer.look(lasts_ns, progress or _no_progress)[0]


def watch_host(request: HostRequest, lasts_ns: int, stopped: threading.Event, progress: Progress | None = None) -> Iterator[Interval]:
    """The intervals of a host until `stopped` is set; the one that this cuts short is left out, because rates need its whole length."""
    log, number = FindingLog(), 0
    with HostObserver(request, stopped=stopped) as observer:
        while not stopped.is_set():
            analysis, readings = observer.look(lasts_ns, progress or _no_progress)
            if analysis.partial:
                return
            number += 1
            span = Span(
                from_ns=readings.before.taken_ns,
                to_ns=readings.after.taken_ns,
                steady_from_ns=readings.from_ns,
                steady_to_ns=readings.to_ns,
            )
            yield Interval(number=number, analysis=analysis, changes=tuple(log.note(analysis.diagnosis.each, span)), log=log)


def _no_progress(waited_ns: int, whole_ns: int) -> None:
    del waited_ns, whole_ns
