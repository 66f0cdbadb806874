"""Two readings of a host with a wait between them, and the facts that rules ask for."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Readings:
    """The two snapshots; `interval_ns` is by a clock that is never set, `cut_short` where Ctrl-C ended the wait."""

    before: HostSnapshot
    after: HostSnapshot
    interval_ns: int
    cut_short: bool


def read_twice(namespace: Namespace | None, lasts_ns: int, progress: Progress) -> Readings:
    """Reads, waits, reads again.  Ctrl-C ends the wait: the second reading is made at once."""
    before = take_snapshot(namespace)
    began_ns = time.monotonic_ns()
    cut_short = False
    try:
        while (waited_ns := time.monotonic_ns() - began_ns) < lasts_ns:
            progress(waited_ns, lasts_ns)
            time.sleep(min(STEP_NS, lasts_ns - waited_ns) / SECOND_NS)
    except KeyboardInterrupt:
        cut_short = True
    interval_ns = time.monotonic_ns() - began_ns
    return Readings(before, take_snapshot(namespace), max(interval_ns, 1), cut_short)
