"""Who keeps TIME-WAIT, when, and how many at once."""

from __future__ import annotations

import numpy as np

from estab.diagnose.facts import Column, Facts, Mask, Rows
from estab.instant import SECOND_NS
from estab.track import records

TIME_WAIT_NS = 60 * SECOND_NS
"""TCP_TIMEWAIT_LEN of Linux (include/net/tcp.h): no knob changes it."""
EPHEMERAL_PORTS = 28_232
"""Ports of net.ipv4.ip_local_port_range by default: 32768 to 60999."""


def in_time_wait(facts: Facts, side: int) -> Mask:
    """Connections that this side closed first, in order: afterwards it keeps TIME-WAIT."""
    both = facts.side_marked(0, records.FIN_SENT) & facts.side_marked(1, records.FIN_SENT)
    done = facts.side_marked(1 - side, records.FIN_ACKED) & (facts.connections.fins_first_side == side)
    return np.asarray(both & done & ~facts.reset)


def peak(times_ns: Column) -> int:
    """The most moments of `times_ns` that lie within one TIME-WAIT."""
    ordered = np.sort(times_ns)
    return (
        int((np.arange(1, len(ordered) + 1) - np.searchsorted(ordered, ordered - TIME_WAIT_NS, side="right")).max()) if len(ordered) else 0
    )


def waiting_at_end(facts: Facts, rows: Rows) -> int:
    """How many of these are still in TIME-WAIT when the capture ends."""
    return int(np.count_nonzero(facts.connections.last_ns[rows] > facts.last_ns - TIME_WAIT_NS))
