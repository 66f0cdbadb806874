"""The last minutes of a host's sockets, for lines of small bars: how many in each state, and rates of a few counters."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from estab.history.aggregate import count_states, moved
from estab.instant import SECOND_NS
from estab.snapshot import HostSnapshot

KEPT = 60
_BARS = "▁▂▃▄▅▆▇█"

COUNTERS = ("Tcp.ActiveOpens", "Tcp.PassiveOpens", "Tcp.RetransSegs", "Tcp.OutRsts", "TcpExt.ListenOverflows", "TcpExt.ListenDrops")
"""Counters whose rate is worth a place on the screen."""


class Past:
    """Takes readings one after the other and keeps the last of each number."""

    def __init__(self, kept: int = KEPT) -> None:
        self.kept = kept
        self.states: dict[str, deque[int]] = {}
        self.rates: dict[str, float] = dict.fromkeys(COUNTERS, 0.0)
        self._readings = 0
        self._last: HostSnapshot | None = None

    def take(self, snapshot: HostSnapshot) -> None:
        """Adds a reading."""
        counts = count_states(snapshot.sockets) if snapshot.sockets is not None else {}
        for state in dict.fromkeys([*self.states, *counts]):
            series = self.states.setdefault(state, deque([0] * min(self._readings, self.kept), self.kept))
            series.append(counts.get(state, 0))
        self._readings += 1
        if self._last is not None:
            self.rates = self._rates_since(self._last.counters, snapshot.counters, snapshot.taken_ns - self._last.taken_ns)
        self._last = snapshot

    @staticmethod
    def _rates_since(before: Mapping[str, int], after: Mapping[str, int], lasted_ns: int) -> dict[str, float]:
        changed = moved(before, after)
        return {name: changed.get(name, 0) * SECOND_NS / lasted_ns if lasted_ns > 0 else 0.0 for name in COUNTERS}


def bars(numbers: Sequence[int], width: int) -> str:
    """The last `width` numbers as bars, the greatest of them full; a line without anything is empty bars.

    >>> bars([0, 1, 4, 8], 4)
    '▁▂▅█'
    """
    shown = list(numbers)[-width:]
    top = max(shown, default=0)
    return "".join(_BARS[(number * (len(_BARS) - 1) + top // 2) // top if top else 0] for number in shown)
