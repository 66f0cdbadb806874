"""Senders of a live host that wait for the receiver's window, and whether the path or the reader is to blame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estab.diagnose.evidence.host_stalls import share_of_interval
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_groups import HostGroup
from estab.diagnose.host_table import Mask
from estab.machine.states import State

TENTH, THIRD, HALF = 0.1, 0.3, 0.5
LONG_PATH_US = 5_000
SMALL_WINDOW_BYTES = 65_536
NEARLY = 0.5
"""Of what window and round trip allow."""


@dataclass(frozen=True, slots=True)
class Limited:
    """Connections of one place that waited for the window for at least half of the interval; `share` is that of the worst."""

    group: HostGroup
    share: float
    by_path: bool
    """The pace is about one window for each round trip of a long path."""
    small: bool
    """The window is small, or the path long: what is lost by it is worth a warning."""


def limited_by_window(facts: HostFacts, among: Mask) -> list[Limited]:
    """By place; the largest group first."""
    t = facts.t
    share = share_of_interval(facts, "rwnd_limited_us")
    found = []
    for group in facts.by_place((share >= HALF) & t.whole & t.state(State.ESTABLISHED, State.CLOSE_WAIT) & among, share):
        row = int(group.rows[0])
        pace = int(t.grew("bytes_acked")[row]) / facts.interval_s
        window, trip_us = int(t["snd_wnd_bytes"][row]), int(t["rtt_us"][row])
        allowed = window / max(trip_us, 1) * 1_000_000
        long = int(t["min_rtt_us"][row]) >= LONG_PATH_US
        small = long or 0 < window < SMALL_WINDOW_BYTES
        found.append(Limited(group, float(share[row]), bool(long and pace >= NEARLY * allowed), small))
    return found


def busy_senders(facts: HostFacts, least: float = HALF) -> Mask:
    """Connections that had data to send for at least this part of the interval, and were not held by window or buffer."""
    held = share_of_interval(facts, "rwnd_limited_us") + share_of_interval(facts, "sndbuf_limited_us")
    return np.asarray((share_of_interval(facts, "busy_time_us") >= least) & (held < HALF) & facts.t.whole)
