"""Running the tracker over rows in different ways, and comparing what came out field by field."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from estab.lives import Life, rows_to_table
from estab.track import Tracker
from estab.track.connections import Connections
from estab.track.records import CONNECTION, SIDE
from estab.wire.columns import PACKET

PER_PACKET = ("connection", "verdict", "states_sender", "states_receiver")


class Outcome:
    """What a tracker says: its tables and what it wrote into the packets."""

    def __init__(self, tracker: Tracker, packets: np.ndarray[Any, Any]) -> None:
        self.tables = dict(zip(("connection", "side", "transition"), tracker.tables(), strict=True))
        self.packets = packets
        self.orphan_icmp = tracker.orphan_icmp
        self.times_ns = tracker.first_ns, tracker.last_ns

    def differences(self, other: Outcome) -> list[str]:
        """Where two outcomes differ: table, row, field, both values."""
        found = [] if self.orphan_icmp == other.orphan_icmp else [f"orphan ICMP {self.orphan_icmp} {other.orphan_icmp}"]
        if self.times_ns != other.times_ns:
            found.append(f"times {self.times_ns} {other.times_ns}")
        for name in self.tables:
            found += differing_fields(name, self.tables[name], other.tables[name])
        for name in PER_PACKET:
            found += differing_values(f"packet.{name}", self.packets[name], other.packets[name])
        return found


def differing_fields(name: str, mine: np.ndarray[Any, Any], others: np.ndarray[Any, Any]) -> list[str]:
    """Where two tables of records differ."""
    if len(mine) != len(others):
        return [f"{name}: {len(mine)} rows, {len(others)} rows"]
    return [line for field in mine.dtype.names or () for line in differing_values(f"{name}.{field}", mine[field], others[field])]


def differing_values(name: str, mine: np.ndarray[Any, Any], others: np.ndarray[Any, Any]) -> list[str]:
    """Where two columns differ."""
    places = np.argwhere(mine != others)
    return [f"{name}[{', '.join(map(str, place))}]: {mine[tuple(place)]} {others[tuple(place)]}" for place in places]


def interpreted(rows: Sequence[Any], sizes: Sequence[int] = ()) -> Outcome:
    """The interpreted tracker over copies of rows, in chunks of these sizes and then the rest."""
    mine = [copy.copy(row) for row in rows]
    tracker = Tracker()
    for begin, end in chunks(len(mine), sizes):
        tracker.feed(mine[begin:end], end - begin, Life.INTERPRETED)
    return Outcome(tracker, rows_to_table(mine, PACKET))


def compiled(rows: Sequence[Any], sizes: Sequence[int] = ()) -> Outcome:
    """The compiled tracker over the same."""
    table = rows_to_table(list(rows), PACKET)
    tracker = Tracker()
    for begin, end in chunks(len(table), sizes):
        tracker.feed(table[begin:end], end - begin, Life.COMPILED)
    return Outcome(tracker, table)


def moving(rows: Sequence[Any], place: int) -> Outcome:
    """A tracker that begins interpreted and goes on compiled."""
    first = [copy.copy(row) for row in rows[:place]]
    rest = rows_to_table(list(rows[place:]), PACKET)
    tracker = Tracker()
    tracker.feed(first, len(first), Life.INTERPRETED)
    tracker.feed(rest, len(rest), Life.COMPILED)
    return Outcome(tracker, np.concatenate([rows_to_table(first, PACKET), rest]))


def chunks(count: int, sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Begin and end of chunks of these sizes, and of what is left."""
    edges = [0]
    for size in sizes:
        edges.append(min(count, edges[-1] + size))
    edges.append(count)
    return list(itertools.pairwise(edges))


def summary(connections: Connections) -> dict[str, Any]:
    """Everything that connections say to the outside."""
    told: dict[str, Any] = {"count": connections.count}
    told |= {name: getattr(connections, name).tolist() for name in CONNECTION.names or ()}
    for side in (0, 1):
        told[f"now {side}"] = connections.states_now(side).tolist()
        told[f"timeline {side}"] = [connections.timeline(row, side) for row in range(connections.count)]
        told[f"path {side}"] = [connections.states(row, side) for row in range(connections.count)]
        columns = connections.side(side)
        told |= {f"{side} {name}": getattr(columns, name).tolist() for name in SIDE.names or ()}
    told["end"] = [connections.end(row) for row in range(connections.count)]
    told["conn_state"] = [connections.conn_state(row) for row in range(connections.count)]
    told["handshake"] = [connections.handshake(row) for row in range(connections.count)]
    return told
