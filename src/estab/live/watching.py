"""A host read again and again, with a wait between: each two readings in a row are what rules over a host ask for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from estab.instant import SECOND_NS
from estab.live.host import take_snapshot
from estab.live.namespaces import Namespace
from estab.snapshot import HostSnapshot

STEP_NS = SECOND_NS // 10

Progress = Callable[[int, int], None]
"""Told of the nanoseconds waited, and of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Two snapshots in a row; `cut_short` where the wait between them was ended early.

    `from_ns` and `to_ns` are when each was begun, by a clock that is never set.
    """

    before: HostSnapshot
    after: HostSnapshot
    from_ns: int
    to_ns: int
    cut_short: bool = False

    @property
    def interval_ns(self) -> int:
        """Time between the two."""
        return max(self.to_ns - self.from_ns, 1)


class HostReader:
    """Reads one namespace (None: the caller's own); the later reading of a pair is the earlier one of the next."""

    def __init__(self, namespace: Namespace | None, *, stopped: threading.Event | None = None) -> None:
        self._namespace, self._stopped = namespace, stopped
        self._last: tuple[HostSnapshot, int] | None = None

    def begin(self) -> HostSnapshot:
        """The first reading, made once."""
        if self._last is None:
            self._last = self._read()
        return self._last[0]

    def next(self, lasts_ns: int, progress: Progress) -> Readings:
        """The last reading, a wait, a new reading.  Ctrl-C, or the event, ends the wait: the new reading is made at once."""
        before = self.begin()
        from_ns = self._last[1] if self._last is not None else 0
        cut_short = not wait(lasts_ns, progress, self._stopped)
        after, to_ns = self._last = self._read()
        return Readings(before=before, after=after, from_ns=from_ns, to_ns=to_ns, cut_short=cut_short)

    def _read(self) -> tuple[HostSnapshot, int]:
        began_ns = time.monotonic_ns()
        return take_snapshot(self._namespace, earlier=self._last[0] if self._last is not None else None), began_ns


def wait(lasts_ns: int, progress: Progress, stopped: threading.Event | None = None) -> bool:
    """Waits so long by a clock that is never set; False where that was cut short."""
    spend = time.sleep if stopped is None else stopped.wait
    until_ns = time.monotonic_ns() + lasts_ns
    try:
        while (left_ns := until_ns - time.monotonic_ns()) > 0:
            if stopped is not None and stopped.is_set():
                return False
            progress(max(lasts_ns - left_ns, 0), lasts_ns)
            spend(min(STEP_NS, left_ns) / SECOND_NS)
    except KeyboardInterrupt:
        return False
    return True
