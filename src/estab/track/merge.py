"""Joining parts of one packet sequence that were tracked by themselves: rotated files, several cores.

What a packet means depends on what went before, so a part cannot be summed up blindly.  But a connection whose opener's SYN stands well
inside the part owes nothing to the time before; only the others *lean* on it.  A part keeps the packets of those that lean
(`Tracker(keep_leaning=True)`), and joining plays them again, in order, where their beginning is known.  The result is exactly that
of one tracker which saw everything.  The price of a cut is the packets of the connections that it cuts (and of those that
open within `flows.SYN_MEMORY_NS` after it, whose SYN might be a repetition).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from estab.errors import MisuseError
from estab.lives import Life, rows, rows_to_table
from estab.track import flows
from estab.track.tracker import Tracker, by_attribute
from estab.wire.columns import PACKET


def absorb(earlier: Tracker, later: Tracker) -> None:
    """Joins `later` (made with `keep_leaning=True`, fed with the packets right after those of `earlier`) into `earlier`.

    Raises MisuseError where `later` did not keep what leans on the time before.
    """
    if later.leaning is None:
        raise MisuseError("the later part was tracked without keep_leaning=True: it does not hold the packets that a join needs")
    if later.count == 0 and not later.leaning:
        return
    replayed = _replay(earlier, later)
    connections, sides, log = later.tables()
    own = np.array([row for row in range(later.count) if not later.leans(row)], np.int64)
    first_free = earlier.count
    place = np.full(later.count, -1, np.int64)
    place[own] = first_free + np.arange(len(own))
    for row, joined in replayed.items():
        place[row] = joined
    latest = [earlier.latest_of(_first_packet(connections[row])) for row in own]
    moved, log = connections[own].copy(), log[np.isin(log["connection"], own)].copy()
    log["connection"] = place[log["connection"]]
    before = moved["previous"].copy()
    moved["previous"] = np.where(before >= 0, place[before], np.array(latest, np.int64) if len(own) else -1)
    orphans = 0  # ICMP errors without a connection were kept and played again
    earlier.extend(moved, sides.reshape(-1, 2)[own].reshape(-1), log, orphans)
    _relink(earlier, first_free, len(own))
    earlier.first_ns = earlier.first_ns or later.first_ns
    earlier.last_ns = max(earlier.last_ns, later.last_ns)


def _replay(earlier: Tracker, later: Tracker) -> dict[int, int]:
    """Feeds the packets that lean into the earlier tracker; says for each leaning row where its latest packet went."""
    assert later.leaning is not None
    kept = np.concatenate(later.leaning) if later.leaning else np.zeros(0, PACKET)
    owners = kept["connection"].copy()
    life = earlier.life or Life.INTERPRETED
    packets: Any = kept if life is Life.COMPILED else table_to_rows(kept)
    last_ns = earlier.last_ns
    earlier.feed(packets, len(kept), life)
    earlier.last_ns = max(last_ns, earlier.last_ns)
    joined = kept["connection"] if life is Life.COMPILED else rows_to_table(packets, PACKET)["connection"]
    return {int(owner): int(row) for owner, row in zip(owners, joined, strict=True) if owner >= 0}


def table_to_rows(table: npt.NDArray[Any]) -> list[Any]:
    """Interpreted rows of PACKET records."""
    result = rows(PACKET, len(table))
    for name in PACKET.names or ():
        for row, value in zip(result, table[name].tolist(), strict=True):
            setattr(row, name, value)
    return result


def _first_packet(connection: Any) -> Any:
    """A packet row with a connection's four-tuple, to look it up by."""
    packet = rows(PACKET, 1)[0]
    packet.hash, packet.sport, packet.dport = int(connection["hash"]), int(connection["a_port"]), int(connection["b_port"])
    for word in "0123":
        setattr(packet, f"src{word}", int(connection[f"a{word}"]))
        setattr(packet, f"dst{word}", int(connection[f"b{word}"]))
    return packet


def _relink(tracker: Tracker, first: int, count: int) -> None:
    """Says anew of joined connections how the one before on their four-tuple stood."""
    connections, sides = (by_attribute(records) for records in tracker.tables()[:2])
    for row in range(first, first + count):
        before = int(connections[row].previous)
        if before >= 0:
            flows.link(connections[row], connections[before], sides[2 * before], sides[2 * before + 1], before)


__all__ = ["absorb", "table_to_rows"]
