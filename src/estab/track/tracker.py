"""Feeds packets to the packet loop, in either life, and keeps its tables large enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from estab.lives import Life, compiled, rows, rows_to_table, table
from estab.machine.compiled import facts_map, received_map, resync_map, sent_map
from estab.track import flows, loop
from estab.track.connections import Connections
from estab.track.records import CONNECTION, SIDE, TRANSITION

Packets = Sequence[Any] | np.ndarray[Any, Any]


class Maps(NamedTuple):
    """The machine's maps of possible states, as arrays (compiled life) or nested lists (interpreted life)."""

    sent: Any
    received: Any
    resync: Any
    facts: Any


def maps_for(life: Life) -> Maps:
    """The four maps in the form that a life reads fastest."""
    arrays = (sent_map(), received_map(), resync_map(), facts_map())
    return Maps(*(array.astype(np.int32) for array in arrays)) if life is Life.COMPILED else Maps(*(array.tolist() for array in arrays))


class Tracker:
    """The connections of one sequence of packets.

    `feed` takes packets in the order of time, in chunks of any size: the result does not depend on where the chunks end.  A tracker
    begins in the life of its first chunk and moves to the compiled one when such a chunk comes; it never moves back.
    """

    def __init__(self) -> None:
        self._life: Life | None = None
        self._counters: Any = None
        self._connections: Any = None
        self._sides: Any = None
        self._log: Any = None
        self._index: Any = None
        self._maps: Maps | None = None
        self.first_ns = self.last_ns = 0

    @property
    def count(self) -> int:
        """Connections so far."""
        return 0 if self._counters is None else int(self._counters[loop.COUNT_CONNECTIONS])

    @property
    def orphan_icmp(self) -> int:
        """ICMP errors that quote no connection seen so far."""
        return 0 if self._counters is None else int(self._counters[loop.COUNT_ORPHAN_ICMP])

    def feed(self, packets: Packets, count: int, life: Life) -> None:
        """Tracks the first `count` packets; fills their columns `connection`, `verdict`, `states_*`."""
        if count == 0:
            return
        if self._life is None:
            self._begin(life)
        elif self._life is Life.INTERPRETED and life is Life.COMPILED:
            self._move_to_compiled()
        if self.first_ns == 0:
            self.first_ns = int(packets[0].time_ns if life is Life.INTERPRETED else packets[0]["time_ns"])
        run = compiled(loop.feed) if life is Life.COMPILED else loop.feed
        done = 0
        while True:
            limits = self._limits()
            done = run(
                packets, done, count, self._connections, self._sides, self._index, len(self._index) - 1, self._log, self._counters, limits, self._maps
            )
            if done >= count:
                break
            self._grow()
        self.last_ns = int(packets[count - 1].time_ns if life is Life.INTERPRETED else packets[count - 1]["time_ns"])

    def finish(self) -> Connections:
        """The connections so far; the tracker may be fed on afterwards."""
        if self._life is None:
            self._begin(Life.INTERPRETED)
        connections, transitions = self.count, int(self._counters[loop.COUNT_TRANSITIONS])
        if self._life is Life.COMPILED:
            parts = self._connections[:connections], self._sides[: 2 * connections], self._log[:transitions]
        else:
            parts = (
                rows_to_table(self._connections[:connections], CONNECTION),
                rows_to_table(self._sides[: 2 * connections], SIDE),
                rows_to_table(self._log[:transitions], TRANSITION),
            )
        return Connections(*parts, first_ns=self.first_ns, last_ns=self.last_ns)

    def _begin(self, life: Life) -> None:
        self._life = life
        self._maps = maps_for(life)
        small = life is Life.INTERPRETED
        capacity = 64 if small else 1 << 16
        make = rows if small else table
        self._connections, self._sides, self._log = make(CONNECTION, capacity), make(SIDE, 2 * capacity), make(TRANSITION, 8 * capacity)
        self._index = [0] * (4 * capacity) if small else np.zeros(4 * capacity, np.int32)
        self._counters = [0] * loop.COUNTERS if small else np.zeros(loop.COUNTERS, np.int64)

    def _limits(self) -> Any:
        limits = [min(len(self._connections), len(self._sides) // 2, len(self._index) // 2), len(self._log)]
        return limits if self._life is Life.INTERPRETED else np.array(limits, np.int64)

    def _grow(self) -> None:
        """Doubles the tables that are nearly full."""
        limits = self._limits()
        if self._counters[loop.COUNT_TRANSITIONS] + loop.ROOM_FOR_TRANSITIONS > limits[1]:
            self._log = self._doubled(self._log, TRANSITION)
        if self._counters[loop.COUNT_CONNECTIONS] >= limits[0]:
            self._connections = self._doubled(self._connections, CONNECTION)
            self._sides = self._doubled(self._sides, SIDE)
            self._reindex()

    def _doubled(self, old: Any, dtype: np.dtype[Any]) -> Any:
        if self._life is Life.INTERPRETED:
            return old + rows(dtype, len(old))
        new = table(dtype, 2 * len(old))  # zero pages: they cost memory only when they are written
        new[: len(old)] = old
        return new

    def _reindex(self) -> None:
        """Builds the table of four-tuples anew, twice as large."""
        size = 4 * len(self._connections)
        count = self.count
        if self._life is Life.INTERPRETED:
            superseded: Any = bytearray(count)
            for row in range(count):
                if self._connections[row].previous >= 0:
                    superseded[self._connections[row].previous] = 1
            self._index = [0] * size
            flows.reindex(self._index, size - 1, self._connections, count, superseded)
            return
        previous = self._connections["previous"][:count]
        superseded = np.zeros(count, np.uint8)
        superseded[previous[previous >= 0]] = 1
        self._index = np.zeros(size, np.int32)
        compiled(flows.reindex)(self._index, size - 1, self._connections, count, superseded)

    def _move_to_compiled(self) -> None:
        """Turns the interpreted tables into NumPy records, with room to grow."""
        self._life = Life.COMPILED
        self._maps = maps_for(Life.COMPILED)
        self._counters = np.array(self._counters, np.int64)
        count, transitions = self.count, int(self._counters[loop.COUNT_TRANSITIONS])
        capacity = 1 << 16
        while capacity < 2 * count:
            capacity *= 2
        for name, dtype, used, size in (
            ("_connections", CONNECTION, count, capacity),
            ("_sides", SIDE, 2 * count, 2 * capacity),
            ("_log", TRANSITION, transitions, max(8 * capacity, 2 * transitions)),
        ):
            moved = table(dtype, size)
            moved[:used] = rows_to_table(getattr(self, name)[:used], dtype)
            setattr(self, name, moved)
        self._reindex()
