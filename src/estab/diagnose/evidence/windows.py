"""How long, and by what, a sender was held by the receiver's window.

A window that stands at zero is one thing (`flow.zero_window`); here it is open, or opens in steps, and the sender fills it to the last
byte again and again.  Beside the sender the time is measured; beside the receiver, where a new offer passes before the segment
that fills the one before, the share of segments that fill an offer says the same.
"""

from __future__ import annotations

import numpy as np

from estab.diagnose.facts import Column, Facts, Mask
from estab.instant import MILLISECOND_NS, SECOND_NS

OFTEN = 5
SOME_SEGMENTS = 20
"""New ones: few stand at the edge once."""
LARGE_SHARE = 0.3
HALF = 0.5
NOTICEABLE_NS = 300 * MILLISECOND_NS
SHORTEST_PATH_NS = 5 * MILLISECOND_NS
"""On a shorter path a window of 64 KiB is worth over 100 Mbit/s: it limits nobody noticeably."""
AT_THE_WINDOW = 0.8
STEADY = 1.3


def active_ns(facts: Facts, side: int) -> Column:
    """From the first to the last new payload of a side."""
    me = facts.connections.side(side)
    return np.asarray(np.maximum(me.last_data_ns - me.first_data_ns, 1))


def path_rtt_ns(facts: Facts, side: int) -> Column:
    """The least round trip of a side's data, from end to end wherever it was captured."""
    return np.asarray(facts.connections.side(side).rtt_min_ns + facts.connections.side(1 - side).rtt_min_ns)


def blocked_share(facts: Facts, side: int) -> Column:
    """The share of its sending time for which a side stood at the window's edge; by segments where the time cannot be seen."""
    me = facts.connections.side(side)
    by_time = me.window_full_ns / active_ns(facts, side)
    by_segments = me.window_fulls / np.maximum(me.data_packets, 1)
    return np.asarray(np.minimum(np.maximum(by_time, by_segments), 1.0))


def held(facts: Facts, side: int) -> Mask:
    """Connections of which this side stood at the window's edge often, and for much of its time, or because room was made late.

    Where the window is no multiple of the segments, the sender stops short of its last byte: then the time alone says it.
    """
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    no_room = (peer.edge_stalls >= OFTEN) & (10 * peer.edge_stalls >= peer.pure_acks)
    long = (me.window_full_ns >= NOTICEABLE_NS) | (active_ns(facts, side) * HALF >= NOTICEABLE_NS)
    often = (me.window_fulls >= OFTEN) & ((blocked_share(facts, side) >= LARGE_SHARE) | no_room)
    waited_ns = np.maximum(HALF * active_ns(facts, side), NOTICEABLE_NS)
    mostly = (me.window_full_ns >= waited_ns) & (me.data_packets >= SOME_SEGMENTS)
    return np.asarray(((often & long) | mostly) & ~facts.one_way)


def reads_late(facts: Facts, side: int) -> Mask:
    """The receiver of this side's data proves slow: it takes data without making room, closes its window, or withholds acknowledgements."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    no_room = (peer.edge_stalls >= OFTEN) & (10 * peer.edge_stalls >= peer.pure_acks)
    mean_ns, mss = me.rtt_sum_ns / np.maximum(me.rtt_samples, 1), np.where(peer.mss > 0, peer.mss, 1460)
    tiny = (peer.window_max_bytes <= 4 * mss) & (mean_ns > STEADY * me.rtt_min_ns)  # so few segments fill no queue on the way
    return np.asarray(no_room | (peer.zero_windows > 1) | tiny)


def stood_still(facts: Facts, side: int) -> Mask:
    """One long stop at a window of zero is what held this side: `flow.zero_window` tells it."""
    peer = facts.connections.side(1 - side)
    zero_ns = np.where(facts.connections.still_zero(1 - side), facts.last_ns - peer.zero_since_ns, 0)
    longest_ns = np.maximum(peer.zero_longest_ns, zero_ns)
    return np.asarray((longest_ns >= SECOND_NS) & (2 * longest_ns >= facts.connections.side(side).window_full_ns))


def rate(facts: Facts, side: int) -> Column:
    """Payload a second, in bytes."""
    return np.asarray(facts.connections.side(side).payload_bytes * 1e9 / active_ns(facts, side))


def bound_by_product(facts: Facts, side: int) -> Mask:
    """One window goes out in each round trip, and the receiver acknowledges at once: the window is too small for the path."""
    me, peer = facts.connections.side(side), facts.connections.side(1 - side)
    rtt_ns = path_rtt_ns(facts, side)
    per_window = rate(facts, side) * rtt_ns / 1e9 / np.maximum(peer.window_max_bytes, 1)
    mean_ns = me.rtt_sum_ns / np.maximum(me.rtt_samples, 1)
    steady = (me.rtt_samples >= OFTEN) & (mean_ns <= STEADY * np.maximum(me.rtt_min_ns, 1))
    reads = (peer.zero_windows == 0) & (peer.edge_stalls * 10 <= np.maximum(peer.pure_acks, 1))
    enough = (active_ns(facts, side) >= 5 * rtt_ns) & (rtt_ns >= SHORTEST_PATH_NS) & (me.window_fulls >= OFTEN)
    return np.asarray(enough & steady & reads & (per_window >= AT_THE_WINDOW) & (per_window <= STEADY) & ~facts.one_way)
