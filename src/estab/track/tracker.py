"""Feeds packets to the packet loop, in either life, and keeps its tables large enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from estab.lives import Life, compiled, rows, rows_to_table, table
from estab.machine.compiled import facts_map, received_map, resync_map, sent_map
from estab.track import flows, loop
from estab.track.connections import Connections
from estab.track.records import CONNECTION, OPENED_BY_SYN, SIDE, TRANSITION
from estab.wire.columns import PACKET

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

    With `keep_leaning` the tracker takes its packets for a later part of a longer sequence and keeps a copy of those that may continue a
    connection of an earlier part, so that `merge.absorb` can join the parts as if one tracker had seen all (see `merge`).

    `feed` takes packets in the order of time, in chunks of any size: the result does not depend on where the chunks end.  A tracker
    begins in the life of its first chunk and moves to the compiled one when such a chunk comes; it never moves back.
    """

    def __init__(self, *, keep_leaning: bool = False) -> None:
        self.leaning: list[npt.NDArray[Any]] | None = [] if keep_leaning else None
        self._life: Life | None = None
        self._counters: Any = None
        self._connections: Any = None
        self._sides: Any = None
        self._log: Any = None
        self._index: Any = None
        self._maps: Maps | None = None
        self.first_ns = self.last_ns = 0

    @property
    def life(self) -> Life | None:
        """The life of the tables, None before the first packet."""
        return self._life

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
            tables = self._connections, self._sides, self._index, len(self._index) - 1, self._log, self._counters
            done = run(packets, done, count, *tables, self._limits(), self._maps)
            if done >= count:
                break
            self._grow()
        self.last_ns = int(packets[count - 1].time_ns if life is Life.INTERPRETED else packets[count - 1]["time_ns"])
        if self.leaning is not None:
            self.leaning.append(self._leaning_of(packets, count))

    def _leaning_of(self, packets: Packets, count: int) -> npt.NDArray[Any]:
        """Copies of the packets that belong to connections which may have begun before this part."""
        chunk = packets[:count] if isinstance(packets, np.ndarray) else rows_to_table(list(packets[:count]), PACKET)
        rows_of = chunk["connection"]
        owners = np.unique(rows_of[rows_of >= 0])
        leans = np.array([self.leans(int(row)) for row in owners], bool) if len(owners) else np.zeros(0, bool)
        return chunk[np.isin(rows_of, owners[leans]) | (rows_of < 0)].copy()

    def leans(self, row: int) -> bool:
        """Whether a connection may have begun before this part: its opener's SYN is missing, or so early that it may be a repetition."""
        connection, sides = by_attribute(self._connections)[row], by_attribute(self._sides)
        before, quiet_since_ns = int(connection.previous), self.first_ns
        if before >= 0:
            if not self.leans(before):
                return False  # what came before on its four-tuple is known
            quiet_since_ns = max(quiet_since_ns, int(sides[2 * before].last_syn_ns), int(sides[2 * before + 1].last_syn_ns))
        return connection.marks & OPENED_BY_SYN == 0 or connection.first_ns - quiet_since_ns <= flows.SYN_MEMORY_NS

    def finish(self) -> Connections:
        """The connections so far, in the order of their first packets; the tracker may be fed on afterwards."""
        return Connections(*in_order(*self.tables()), first_ns=self.first_ns, last_ns=self.last_ns)

    def tables(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
        """The used rows of CONNECTION, SIDE and TRANSITION, as NumPy records."""
        if self._life is None:
            self._begin(Life.INTERPRETED)
        connections, transitions = self.count, int(self._counters[loop.COUNT_TRANSITIONS])
        if self._life is Life.COMPILED:
            return self._connections[:connections], self._sides[: 2 * connections], self._log[:transitions]
        return (
            rows_to_table(self._connections[:connections], CONNECTION),
            rows_to_table(self._sides[: 2 * connections], SIDE),
            rows_to_table(self._log[:transitions], TRANSITION),
        )

    def extend(self, connections: npt.NDArray[Any], sides: npt.NDArray[Any], log: npt.NDArray[Any], orphan_icmp: int) -> None:
        """Appends rows that another tracker made; row numbers in them are already those of this tracker."""
        self._move_to_compiled()
        count, transitions = self.count, int(self._counters[loop.COUNT_TRANSITIONS])
        while count + len(connections) > len(self._connections):
            self._connections, self._sides = self._doubled(self._connections, CONNECTION), self._doubled(self._sides, SIDE)
        while transitions + len(log) > len(self._log):
            self._log = self._doubled(self._log, TRANSITION)
        self._connections[count : count + len(connections)] = connections
        self._sides[2 * count : 2 * (count + len(connections))] = sides
        self._log[transitions : transitions + len(log)] = log
        self._counters[loop.COUNT_CONNECTIONS] += len(connections)
        self._counters[loop.COUNT_TRANSITIONS] += len(log)
        self._counters[loop.COUNT_ORPHAN_ICMP] += orphan_icmp
        self._reindex()

    def latest_of(self, packet: Any) -> int:
        """The row of the latest connection on a packet's four-tuple, or -1."""
        if self._life is None:
            return -1
        return int(self._index[flows.find_slot(packet, by_attribute(self._connections), self._index, len(self._index) - 1)]) - 1

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
        if self._life is Life.COMPILED:
            return
        if self._life is None:
            self._begin(Life.COMPILED)
            return
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


def by_attribute(records: Any) -> Any:
    """Rows whose fields are attributes outside the compiled code too."""
    return records.view(np.recarray) if isinstance(records, np.ndarray) else records


def in_order(
    connections: npt.NDArray[Any], sides: npt.NDArray[Any], log: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """The tables with connections in the order of their first packets (they are, unless parts were joined)."""
    first = connections["first_frame"]
    if len(first) < 2 or bool((first[1:] >= first[:-1]).all()):
        return connections, sides, log
    order = np.argsort(first, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    connections, log = connections[order], log.copy()
    previous = connections["previous"]
    connections["previous"] = np.where(previous >= 0, place[previous], -1)
    log["connection"] = place[log["connection"]]
    return connections, sides.reshape(-1, 2)[order].reshape(-1), log
