"""One deadline for a whole host: a heap that is cleaned when it is asked.

A connection's deadline moves with nearly every packet, mostly to a later instant.  So a move to later costs nothing: the old place in the
heap stays, and when it comes up the connection is asked again.  Only a move to an earlier instant takes a new place, and the later one is
kept for when that is over: after a word or two the two hours of keepalive go on with the place that they have.  Places that are no longer
good are dropped when they come up, or all together when they outnumber the others; 100,000 idle connections with keepalive are 100,000
places that nobody touches for two hours.  Equal times are served in the order in which they were set.
"""

from __future__ import annotations

import abc
import heapq
from collections.abc import Iterator


class Due(abc.ABC):
    """Something that has a deadline of its own; the base of everything that stands in a stack's table."""

    __slots__ = ("armed_ns", "later_ns")

    armed_ns: int | None
    """The instant at which its (first) place stands in the heap; None: it has none."""
    later_ns: int | None
    """The instant of a second place behind that one; None: there is none."""

    def __init__(self) -> None:
        self.armed_ns = self.later_ns = None

    @abc.abstractmethod
    def poll_deadline(self) -> int | None:
        """When it must be handled at the latest; None: never."""

    @abc.abstractmethod
    def handle_deadline(self, now_ns: int) -> None:
        """Do what has become due."""


class Deadlines:
    """The deadlines of all that `update` was called for."""

    __slots__ = ("_good", "_heap", "_number")

    SLACK = 64

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Due]] = []
        self._number = 0
        self._good = 0
        """Places that are good."""

    def __len__(self) -> int:
        return len(self._heap)

    def update(self, due: Due) -> None:
        """To be called after anything that may have brought its deadline nearer."""
        wanted = due.poll_deadline()
        armed_ns = due.armed_ns
        if wanted is None or (armed_ns is not None and wanted >= armed_ns):
            return
        if armed_ns is not None:
            if due.later_ns is None:
                due.later_ns = armed_ns
            else:
                self._good -= 1
        self._place(due, wanted)
        if len(self._heap) > 2 * self._good + self.SLACK:
            self._sweep()

    def forget(self, due: Due) -> None:
        """It has no deadline any more, whatever it says."""
        self._good -= (due.armed_ns is not None) + (due.later_ns is not None)
        due.armed_ns = due.later_ns = None

    def _used(self, due: Due) -> None:
        """Its first place is not in the heap any more; the second one takes over."""
        self._good -= 1
        due.armed_ns, due.later_ns = due.later_ns, None

    def first(self) -> int | None:
        """The earliest deadline of all; None without any."""
        heap = self._heap
        while heap:
            when, _, due = heap[0]
            if due.armed_ns != when:
                heapq.heappop(heap)
                continue
            wanted = due.poll_deadline()
            if wanted is not None and wanted <= when:
                return when
            heapq.heappop(heap)
            later = due.later_ns
            self._used(due)
            if wanted is not None and (later is None or wanted < later):
                due.later_ns = later
                self._place(due, wanted)
        return None

    def may_begin_before(self, when_ns: int) -> bool:
        """Whether `first` may be earlier than an instant; a cheap look, which may be wrong only in saying so."""
        heap = self._heap
        return bool(heap) and heap[0][0] < when_ns

    def taken(self, now_ns: int) -> Iterator[Due]:
        """Those that are due, each taken out; one that is still due after it was handled comes again only if it is updated."""
        while (when := self.first()) is not None and when <= now_ns:
            _, _, due = heapq.heappop(self._heap)
            self._used(due)
            yield due

    def _place(self, due: Due, when_ns: int) -> None:
        self._good += 1
        due.armed_ns = when_ns
        self._number += 1
        heapq.heappush(self._heap, (when_ns, self._number, due))

    def _sweep(self) -> None:
        """Drop the places that are no longer good; of several of one owner at the same instant the first stays."""
        kept: dict[tuple[int, int], tuple[int, int, Due]] = {}
        for place in sorted(self._heap):
            when_ns, _, due = place
            if when_ns in {due.armed_ns, due.later_ns}:
                kept.setdefault((id(due), when_ns), place)
        self._heap = list(kept.values())
