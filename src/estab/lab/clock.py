"""Virtual time: a heap of things to do, in the order of their instants and, at one instant, in the order in which they were asked for.

Nothing waits: the clock jumps to the next entry.  A run that would not end is stopped by `Limits` with an error that says which one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

from estab.errors import EstabError
from estab.instant import HOUR_NS, SECOND_NS, format_duration
from estab.text import Text, msg

EPOCH_NS = 1_767_225_600 * SECOND_NS
"""When every world begins: 2026-01-01 00:00:00 UTC, so that captures have times; nothing depends on it."""

Action = Callable[[Any], object]


class RunawayError(EstabError):
    """A run reached one of its limits."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason)

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one run: things done, packets sent, and virtual time since the beginning."""

    events: int = 50_000_000
    packets: int = 20_000_000
    virtual_ns: int = 24 * 365 * HOUR_NS


class Clock:
    """The time of one world and what is still to be done in it.

    `now_ns` is nanoseconds since the epoch and changes only while events run.
    """

    __slots__ = ("_heap", "_last_ns", "_order", "done", "limits", "now_ns", "packets")

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.now_ns = EPOCH_NS
        self.done = 0
        """Events so far."""
        self.packets = 0
        """Packets put on links so far."""
        self._heap: list[tuple[int, int, Action, Any]] = []
        self._order = 0
        self._last_ns = EPOCH_NS + self.limits.virtual_ns

    def at(self, time_ns: int, action: Action, argument: Any = None) -> None:
        """Does `action(argument)` at an instant; one that has passed is now."""
        self._order = order = self._order + 1
        heappush(self._heap, (max(time_ns, self.now_ns), order, action, argument))

    def after(self, delay_ns: int, action: Action, argument: Any = None) -> None:
        """Does `action(argument)` that much later."""
        self.at(self.now_ns + delay_ns, action, argument)

    @property
    def next_ns(self) -> int | None:
        """When the next thing happens; None where nothing will."""
        return self._heap[0][0] if self._heap else None

    def step(self) -> bool:
        """Does the next thing; False where there is none."""
        if not self._heap:
            return False
        self._run_one()
        return True

    def run_until(self, time_ns: int) -> None:
        """Does all that happens until an instant (itself included), which is now afterwards."""
        heap, pop, last_done, last_ns = self._heap, heappop, self.limits.events, self._last_ns
        while heap and heap[0][0] <= time_ns:
            now_ns, _, action, argument = pop(heap)
            self.now_ns = now_ns
            self.done += 1
            if self.done > last_done or now_ns > last_ns:
                self._stop()
            action(argument)
        self.now_ns = max(self.now_ns, time_ns)

    def run_while(self, going_on: Callable[[], bool]) -> bool:
        """Goes on as long as the condition holds; False where nothing was left to do before it ceased to."""
        while going_on():
            if not self._heap:
                return False
            self._run_one()
        return True

    def count_packet(self) -> None:
        """Takes note of a packet put on a link."""
        self.packets += 1
        if self.packets > self.limits.packets:
            raise RunawayError(msg("the run sent more than {count} packets; raise the limit if that is meant", count=self.limits.packets))

    def _run_one(self) -> None:
        now_ns, _, action, argument = heappop(self._heap)
        self.now_ns = now_ns
        self.done += 1
        if self.done > self.limits.events or now_ns > self._last_ns:
            self._stop()
        action(argument)

    def _stop(self) -> None:
        if self.now_ns > self._last_ns:
            lasted = format_duration(self.limits.virtual_ns)
            raise RunawayError(msg("the run lasted longer than {time} of virtual time; raise the limit if that is meant", time=lasted))
        raise RunawayError(msg("the run did more than {count} things; raise the limit if that is meant", count=self.limits.events))
