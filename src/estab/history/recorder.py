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
"""Waits until an instant on the clock of the snapshots; False where the program has been asked to end."""


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
        """Records until `wait` says that it is enough, or `for_ns` have passed; the interval cut short so is kept, marked partial.

        Steps are counted from the first reading, so neither a slow diagnosis nor a late wake-up moves those that follow.
        """
        before = self.latest = self.read()
        due_ns = before.taken_ns
        end_ns = None if for_ns is None else due_ns + for_ns
        going = True
        while going and (end_ns is None or due_ns < end_ns):
            due_ns += self.every_ns
            if end_ns is not None:
                due_ns = min(due_ns, end_ns)
            going = self.wait(due_ns)
            after = self.read()
            if after.taken_ns <= before.taken_ns:  # the clock was set back: the next interval begins here
                before = after
                due_ns = after.taken_ns
                continue
            self._keep(before, after, partial=not going)
            before = after
            due_ns += max(after.taken_ns - due_ns, 0) // self.every_ns * self.every_ns  # a host that slept owes no steps

    def _keep(self, before: HostSnapshot, after: HostSnapshot, *, partial: bool) -> None:
        interval = aggregate(before, after, self.diagnose(before, after), partial=partial)
        self.store.add(interval)
        self.written += 1
        self.last, self.latest = interval, after
