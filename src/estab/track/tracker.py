"""Feeds packets to the packet loop, in either life, and keeps its tables large enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from estab.growing import growing, reserve
from estab.lives import Life, compiled, rows_to_table
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


STEP = {Life.INTERPRETED: 64, Life.COMPILED: 4096}
"""Connections for which tables have room at first, and for which they get more at a time (interpreted ones are doubled)."""
LOG_SHARE = 8
"""Rows of the log for each connection."""
SMALLEST_INDEX = 1 << 18
"""Slots of the compiled life."""


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
        while (done := run(packets, done, count, *self._for_loop())) < count:
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
        connection, sides = by_attribute(self._connections.rows)[row], by_attribute(self._sides.rows)
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
        transitions = int(self._counters[loop.COUNT_TRANSITIONS])
        used = ((self._connections, CONNECTION, self.count), (self._sides, SIDE, 2 * self.count), (self._log, TRANSITION, transitions))
        for table, _, count in used:
            table.give_back(count)
        as_records = rows_to_table if self._life is Life.INTERPRETED else lambda rows, _: rows
        connections, sides, log = (as_records(table.rows[:count], dtype) for table, dtype, count in used)
        return connections, sides, log

    def extend(self, connections: npt.NDArray[Any], sides: npt.NDArray[Any], log: npt.NDArray[Any], orphan_icmp: int) -> None:
        """Appends rows that another tracker made; row numbers in them are already those of this tracker."""
        self._move_to_compiled()
        count, transitions = self.count, int(self._counters[loop.COUNT_TRANSITIONS])
        for table, used, added in ((self._connections, count, connections), (self._sides, 2 * count, sides), (self._log, transitions, log)):
            reserve(table, used + len(added))
            table.rows[used : used + len(added)] = added
        self._counters[loop.COUNT_CONNECTIONS] += len(connections)
        self._counters[loop.COUNT_TRANSITIONS] += len(log)
        self._counters[loop.COUNT_ORPHAN_ICMP] += orphan_icmp
        self._reindex()

    def latest_of(self, packet: Any) -> int:
        """The row of the latest connection on a packet's four-tuple, or -1."""
        if self._life is None:
            return -1
        place = flows.find_place(packet, by_attribute(self._connections.rows), self._index, len(self._index) - 1)
        return int(self._index[place >> 1]) - 1

    def _begin(self, life: Life) -> None:
        self._life = life
        self._maps = maps_for(life)
        self._counters = [0] * loop.COUNTERS if life is Life.INTERPRETED else np.zeros(loop.COUNTERS, np.int64)
        self._make_tables()
        self._reindex()

    def _make_tables(self) -> None:
        """Empty tables of the present life."""
        assert self._life is not None
        step = STEP[self._life]
        for name, dtype, share in (("_connections", CONNECTION, 1), ("_sides", SIDE, 2), ("_log", TRANSITION, LOG_SHARE)):
            setattr(self, name, growing(self._life, dtype, share * step))

    def _for_loop(self) -> tuple[Any, ...]:
        """What the packet loop takes besides packets."""
        tables = self._connections.rows, self._sides.rows, self._index, len(self._index) - 1, self._log.rows, self._counters
        limits = [min(self._connections.ready, self._sides.ready // 2, len(self._index) // 2), self._log.ready]
        return *tables, limits if self._life is Life.INTERPRETED else np.array(limits, np.int64), self._maps

    def _grow(self) -> None:
        """Makes more room in the tables that are full."""
        if self._counters[loop.COUNT_TRANSITIONS] + loop.ROOM_FOR_TRANSITIONS > self._log.ready:
            self._log.more()
        reserve(self._connections, self.count + 1)
        reserve(self._sides, 2 * self.count + 2)
        if self.count >= len(self._index) // 2:
            self._reindex()

    def _reindex(self) -> None:
        """Builds the table of four-tuples anew, with room for as many again."""
        count, size = self.count, 1 << 8
        while size < 4 * count:
            size *= 2
        if self._life is Life.INTERPRETED:
            superseded: Any = bytearray(count)
            for row in range(count):
                if self._connections.rows[row].previous >= 0:
                    superseded[self._connections.rows[row].previous] = 1
            self._index = [0] * size
            flows.reindex(self._index, size - 1, self._connections.rows, count, superseded)
            return
        self._index = np.zeros(max(size, SMALLEST_INDEX), np.int32)
        if not count:
            return
        previous = self._connections.rows["previous"][:count]
        superseded = np.zeros(count, np.uint8)
        superseded[previous[previous >= 0]] = 1
        compiled(flows.reindex)(self._index, len(self._index) - 1, self._connections.rows, count, superseded)

    def _move_to_compiled(self) -> None:
        """Turns the interpreted tables into NumPy records, with room to grow."""
        if self._life is Life.COMPILED:
            return
        if self._life is None:
            self._begin(Life.COMPILED)
            return
        before = self.tables()
        self._life = Life.COMPILED
        self._maps = maps_for(Life.COMPILED)
        self._counters = np.array(self._counters, np.int64)
        self._make_tables()
        for table, moved in zip((self._connections, self._sides, self._log), before, strict=True):
            reserve(table, len(moved))
            table.rows[: len(moved)] = moved
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
