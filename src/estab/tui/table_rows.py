"""What the live table shows of two readings: its rows in order, with rates and ages; NumPy only, no screen.

A host may hold 200,000 sockets and a screen shows forty.  Everything here works on columns, and only the rows that are shown become text.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.snapshot_table import SocketArray
from estab.text import Text, msg

Rows = npt.NDArray[np.intp]
Column = npt.NDArray[Any]


class SortKey(enum.Enum):
    """By what the table is ordered; the value is its name on the screen."""

    RECV_QUEUE = msg("received, not read")
    SEND_QUEUE = msg("written, not acknowledged")
    RATE_IN = msg("bytes in per second")
    RATE_OUT = msg("bytes out per second")
    RETRANSMITS = msg("sent again")
    RTT = msg("round trip")
    AGE = msg("silent for")
    STATE = msg("state")
    LOCAL = msg("local end")
    REMOTE = msg("far end")

    @property
    def text(self) -> Text:
        """The name on the screen."""
        return self.value


DESCENDING = frozenset(SortKey) - {SortKey.STATE, SortKey.LOCAL, SortKey.REMOTE}
"""Keys of which the greatest come first."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Bytes a second of each socket between two readings, in the order of the second; 0 for a socket that is new or tells nothing."""

    received: Column
    acked: Column


def rates_between(before: SocketArray | None, after: SocketArray, lasted_ns: int) -> Rates:
    """How fast each socket moved bytes; sockets are recognised by their cookie, which no two of a boot share."""
    received, acked = np.zeros(len(after)), np.zeros(len(after))
    if before is None or not len(before) or not len(after) or lasted_ns <= 0:
        return Rates(received, acked)
    order = np.argsort(before["cookie"], kind="stable")
    cookies = before["cookie"][order]
    at = np.minimum(np.searchsorted(cookies, after["cookie"]), len(cookies) - 1)
    known = (cookies[at] == after["cookie"]) & after["has_info"] & (after["cookie"] != 0)
    earlier = order[at]
    for name, rate in (("bytes_received", received), ("bytes_acked", acked)):
        moved = after[name].astype(np.int64) - before[name][earlier].astype(np.int64)
        rate[:] = np.where(known & (moved > 0), moved * (SECOND_NS / lasted_ns), 0)
    return Rates(received, acked)


def silent_ms(sockets: SocketArray) -> Column:
    """How long nothing has come from the far end (its data and its acknowledgments); 0 where the kernel tells nothing."""
    silent = np.minimum(sockets["last_data_recv_ms"], sockets["last_ack_recv_ms"]).astype(np.int64)
    return np.where(sockets["has_info"], silent, 0)


def ordered(sockets: SocketArray, rows: Rows, key: SortKey, rates: Rates, *, most: int) -> Rows:
    """The first `most` of these rows in the order of a key; equal ones by their ends, so that a quiet screen does not dance."""
    ends = _ends(sockets, rows)
    if key is SortKey.REMOTE:
        ends = ends[len(ends) // 2 :] + ends[: len(ends) // 2]
    if key in {SortKey.LOCAL, SortKey.REMOTE}:
        return rows[np.lexsort(tuple(reversed(ends)))][:most]
    values = _values(sockets, key, rates)[rows]
    if key in DESCENDING:
        values = -values
    return rows[np.lexsort((*reversed(ends), values))][:most]


def _ends(sockets: SocketArray, rows: Rows) -> list[Column]:
    """Keys of order, most significant first: the local end, then the far one."""
    keys = []
    for side in ("local", "remote"):
        words = sockets[f"{side}_address"][rows]
        keys += [words[:, word] for word in range(4)] + [sockets[f"{side}_port"][rows]]
    return keys


def _values(sockets: SocketArray, key: SortKey, rates: Rates) -> Column:
    if key is SortKey.RATE_IN:
        return rates.received
    if key is SortKey.RATE_OUT:
        return rates.acked
    if key is SortKey.AGE:
        return silent_ms(sockets)
    column = {
        SortKey.RECV_QUEUE: "recv_queue",
        SortKey.SEND_QUEUE: "send_queue",
        SortKey.RETRANSMITS: "total_retrans",
        SortKey.RTT: "rtt_us",
        SortKey.STATE: "state",
    }[key]
    values: Column = sockets[column].astype(np.int64)
    if key in {SortKey.RECV_QUEUE, SortKey.SEND_QUEUE}:  # on a listener these are the accept queue and its limit
        values[sockets["state"] == State.LISTEN] *= int(key is SortKey.RECV_QUEUE)
    return values


def find_by_cookie(sockets: SocketArray, cookie: int) -> int | None:
    """The row of a socket, None where it is gone."""
    rows = np.flatnonzero(sockets["cookie"] == np.uint64(cookie))
    return int(rows[0]) if len(rows) and cookie else None
