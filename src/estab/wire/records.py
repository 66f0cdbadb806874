"""What a walk over a capture file yields, and what dissecting keeps from one call to the next.

A file is read in two steps that share the `RECORD` table: the walker of its format finds the records (`formats/`), `dissect` turns
them into rows of PACKET.  A batch of records stays in the processor's cache between the two.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from estab.wire.columns import Skipped

RECORD: np.dtype[Any] = np.dtype(
    [
        ("time_ns", "i8"),  # since the epoch, never negative; 0: none
        ("frame", "i8"),  # number of the record in its file, from 1, as Wireshark counts
        ("offset", "i8"),  # of the first byte of the packet in the window
        ("captured", "i8"),  # bytes in the window, checked by the walker
        ("original", "i8"),  # bytes on the wire, at least `captured`
        ("link_type", "i4"),  # LINKTYPE_ number, or -1 for one that is not known
        ("interface", "i4"),
    ],
    align=True,
)

PROGRESS: np.dtype[Any] = np.dtype(
    [
        ("records", "i8"),  # dissected since the beginning
        ("position", "i8"),  # the next record of the batch
        ("count", "i8"),  # rows filled
        ("tcp", "i8"),  # rows of KIND_TCP since the beginning
        ("cut", "i8"),  # records whose TCP header or options the snap length cut
        ("first_ns", "i8"),  # earliest time of any record, NO_TIME_YET before the first
        ("last_ns", "i8"),  # latest time of any record
        ("highest_ns", "i8"),  # latest time of any row
        ("backward", "i8"),  # rows whose time lay before that of an earlier row
        ("fragment", "i8"),  # 1: dissecting stopped after a fragment, which the next three describe
        ("fragment_at", "i8"),  # offset of its IP header
        ("fragment_end", "i8"),  # end of what was captured
        ("fragment_wire_end", "i8"),  # end of the datagram on the wire
    ],
    align=True,
)

NO_TIME_YET = (1 << 63) - 1

SKIPPED = (None, Skipped.NOT_IP, Skipped.NOT_TCP, Skipped.TRUNCATED, Skipped.MALFORMED, Skipped.FRAGMENT, Skipped.LINK_TYPE, Skipped.ICMP)
"""What the codes below mean; a code is the index here, and of the array of counters."""

NOT_IP = 1
NOT_TCP = 2
TRUNCATED = 3
MALFORMED = 4
FRAGMENT = 5
LINK_TYPE = 6
ICMP = 7
