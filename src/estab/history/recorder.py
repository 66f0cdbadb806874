"""The recorder: readings at whole steps, each pair an interval, each interval safe before the next begins.

It knows no clock and no kernel: what reads, what diagnoses and what waits are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from estab.history.aggregate import aggregate
from estab.history.interval import Interval
from estab.history.store import Store
from estab.snapshot import HostSnapshot

if TYPE_CHECKING:
    from estab.diagnose.finding import Finding

Read = Callable[[], HostSnapshot]
Diagnose = Callable[[HostSnapshot, HostSnapshot], Iterable["Finding"]]
Wait = Callable[[int], bool]
"""Waits so many nanoseconds; False where the program has been asked to end."""


@dataclass(slots=True)
class Recorder:
    """Keeps intervals of `every_ns`; `last` and `latest` are what an exporter shows."""

    store: Store
    read: Read
    diagnose: Diagnose
    wait: Wait
    every_ns: int
    written: int = 0
    last: Interval | None = None
    latest: HostSnapshot | None = field(default=None, repr=False)

    def run(self, for_ns: int | None = None) -> None:
        """Records until `wait` says that it is enough, or `for_ns` have passed; the interval cut short so is kept, marked partial."""
        began = before = self.latest = self.read()
        going = True
        while going and (for_ns is None or before.taken_ns - began.taken_ns < for_ns):
            left_ns = self.every_ns if for_ns is None else min(self.every_ns, for_ns - (before.taken_ns - began.taken_ns))
            going = self.wait(max(left_ns, 0))
            after = self.read()
            if after.taken_ns <= before.taken_ns:  # the clock was set back: the next interval begins here
                before = after
                continue
            self._keep(before, after, partial=not going)
            before = after

    def _keep(self, before: HostSnapshot, after: HostSnapshot, *, partial: bool) -> None:
        interval = aggregate(before, after, self.diagnose(before, after), partial=partial)
        self.store.add(interval)
        self.written += 1
        self.last, self.latest = interval, after
