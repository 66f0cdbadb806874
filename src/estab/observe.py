"""A live host, interval after interval: read, diagnosed, and compared with what was known before.

What an interval showed does not depend on who asks: `estab diagnose` looks once, `estab diagnose --watch` again and again.  The packets of
an interval are a capture of its own: connections that are older than it begin in the middle.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from estab.diagnose.changes import Change, FindingLog, Span
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_run import diagnose_host
from estab.live.hearing import Hearing
from estab.live.namespaces import Namespace, call_inside, chosen_namespace
from estab.live.owner_memory import OwnerMemory
from estab.live.watching import HostReader, Progress, Readings
from estab.report.model import CapturedPackets, HostAnalysis

if TYPE_CHECKING:
    from estab.capture.interface import Captured, InterfaceCapture
    from estab.lives import Life


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRequest:
    """What is looked at: a namespace by name or by a process in it (neither: one's own), and only findings of some codes.

    The packets of `interface` are captured meanwhile, and kept in the file `keep_as` where that is given.
    """

    netns: str | None = None
    pid: int | None = None
    only: frozenset[str] | None = None
    interface: str | None = None
    keep_as: str | None = None


class HostObserver:
    """Looks at a host; a context manager, because what listens between the readings has to be closed.

    `before_packets` is told in which life packets are about to be read, as by `one_pass.analyse`.
    """

    def __init__(
        self, request: HostRequest, *, stopped: threading.Event | None = None, before_packets: Callable[[Life], None] | None = None
    ) -> None:
        self._request, self._before_packets = request, before_packets
        namespace = chosen_namespace(request.netns, request.pid)
        with contextlib.ExitStack() as opened:  # which is closed where the first reading fails
            self._capture = _capture_of(request, namespace)
            if self._capture is not None:
                opened.callback(self._capture.close)
            self._hearing = Hearing(namespace)
            opened.callback(self._hearing.close)
            self._begin(namespace, stopped)
            self._opened = opened.pop_all()

    def _begin(self, namespace: Namespace | None, stopped: threading.Event | None) -> None:
        """The first reading."""
        self._reader = HostReader(namespace, stopped=stopped)
        self._owners = OwnerMemory(self._reader.begin().boot_ns)

    def look(self, lasts_ns: int, progress: Progress) -> tuple[HostAnalysis, Readings]:
        """One interval, diagnosed."""
        readings = self._reader.next(lasts_ns, progress)
        facts = HostFacts(
            readings.before,
            readings.after,
            interval_ns=readings.interval_ns,
            owners_of=self._owners.owners_of,
            heard=self._hearing.take(readings.before.sockets),
        )
        packets = self._packets() if self._capture is not None else None
        diagnosis = diagnose_host(facts, only=self._request.only if packets is None else None)
        if packets is not None:
            from estab.diagnose.join import Joiner

            joiner = Joiner(facts, packets.analysis.facts, incomplete=bool(packets.lost or packets.left_out or packets.went_down))
            diagnosis = joiner.join(diagnosis, packets.analysis.diagnosis, only=self._request.only)
        netns, pid = self._request.netns or "", self._request.pid
        analysis = HostAnalysis(facts=facts, diagnosis=diagnosis, packets=packets, netns=netns, pid=pid, partial=readings.cut_short)
        return analysis, readings

    def _packets(self) -> CapturedPackets:
        """What was captured since the last look, tracked and diagnosed."""
        from estab.one_pass import analyse

        assert self._capture is not None
        taken: Captured = self._capture.take()
        interface = self._request.interface or ""
        with taken.file:
            analysis = analyse([taken.path], before=self._before_packets)
        analysis.capture.files[:] = [self._request.keep_as or interface]
        return CapturedPackets(
            interface=interface,
            analysis=analysis,
            lost=taken.lost,
            left_out=taken.left_out,
            went_down=taken.went_down,
            file=self._request.keep_as,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._opened.close()


def _capture_of(request: HostRequest, namespace: Namespace | None) -> InterfaceCapture | None:
    """Begins to capture, where packets are wanted: the ring belongs to the namespace in which it was made."""
    if request.interface is None:
        return None
    from estab.capture.interface import InterfaceCapture, PacketRing

    interface = request.interface
    return InterfaceCapture(call_inside(namespace, lambda: PacketRing(interface)), keep_as=request.keep_as)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One interval of a watched host; of the first one all findings are changes."""

    number: int
    analysis: HostAnalysis
    changes: tuple[Change, ...]
    log: FindingLog


def analyse_host(
    request: HostRequest,
    lasts_ns: int,
    progress: Progress | None = None,
    *,
    stopped: threading.Event | None = None,
    before_packets: Callable[[Life], None] | None = None,
) -> HostAnalysis:
    """Reads a host twice and lets the rules for hosts run; Ctrl-C, or `stopped`, cuts the wait short: the result is marked partial."""
    with HostObserver(request, stopped=stopped, before_packets=before_packets) as observer:
        return observer.look(lasts_ns, progress or _no_progress)[0]


def watch_host(
    request: HostRequest,
    lasts_ns: int,
    stopped: threading.Event,
    progress: Progress | None = None,
    *,
    before_packets: Callable[[Life], None] | None = None,
) -> Iterator[Interval]:
    """The intervals of a host until `stopped` is set; the one that this cuts short is left out, because rates need its whole length."""
    log, number = FindingLog(), 0
    with HostObserver(request, stopped=stopped, before_packets=before_packets) as observer:
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
