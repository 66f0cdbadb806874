"""Senders of a live host that wait for ACKs: since when, and what they had done before."""

from __future__ import annotations

import numpy as np

from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_table import Column, Mask, end_keys
from estab.machine.states import State
from estab.snapshot import TimerKind

FULL_MSS_BYTES = 1000
"""A segment of this size may be too long for a narrow path."""
FEW_SEGMENTS = 3
NEVER_MS = np.iinfo(np.int64).max


def stalled_for_ms(facts: HostFacts) -> Column:
    """For each row: milliseconds since the first sending of what is repeated now, from the doubled timeout and the timer."""
    t = facts.t
    rto_ms = t["rto_us"] // 1000
    first_ms = rto_ms / np.exp2(np.minimum(t["backoff"], 20))
    since_last = np.maximum(rto_ms - t["timer_expires_ms"], 0)
    return np.asarray(np.where(t["retransmits"] > 0, first_ms * (np.exp2(np.minimum(t["retransmits"], 20)) - 1) + since_last, 0)).astype(
        np.int64
    )


def quiet_before_ms(facts: HostFacts) -> Column:
    """For each row: how long nothing had been heard when what is repeated now was first sent."""
    return np.asarray(np.maximum(facts.t["last_ack_recv_ms"] - stalled_for_ms(facts), 0))


def heard_since(facts: HostFacts, ago_ms: Column) -> Mask:
    """For each row: whether its peer's host has acknowledged something of ANOTHER connection within the row's last so many milliseconds."""
    t, rows = facts.t, np.arange(facts.count)
    heard_ms = np.where(t.whole, t["last_ack_recv_ms"].astype(np.int64), NEVER_MS)
    peers = end_keys(t.table, "remote", port=False)
    order = np.lexsort((heard_ms, peers))  # of each peer the connection that heard from it last stands first
    place = np.searchsorted(peers[order], peers)
    latest, next_one = order[place], order[np.minimum(place + 1, facts.count - 1)]
    another_ms = np.where((peers[next_one] == peers) & (next_one != rows), heard_ms[next_one], NEVER_MS)
    return np.asarray(np.where(latest == rows, another_ms, heard_ms[latest]) <= ago_ms)


def repeating(facts: HostFacts, least: int) -> Mask:
    """Open connections whose data timed out at least so often in a row."""
    t = facts.t
    return np.asarray(t.state(State.ESTABLISHED, State.CLOSE_WAIT) & t.timer(TimerKind.RETRANSMIT) & (t["retransmits"] >= least))


def never_passed_full(facts: HostFacts) -> Mask:
    """Senders of full segments none of which can have been acknowledged so far, or hardly one."""
    t = facts.t
    large = (t["snd_mss_bytes"] >= FULL_MSS_BYTES) & (t["send_queue"] >= t["snd_mss_bytes"])
    return np.asarray(large & (t["bytes_acked"] <= FEW_SEGMENTS * t["snd_mss_bytes"]))


def share_of_interval(facts: HostFacts, name: str) -> Column:
    """For each row: which part of the interval a time of TCP_INFO (`busy_time_us`, `rwnd_limited_us`) has grown by, 0 to 1."""
    return np.asarray(np.minimum(facts.t.grew(name) * 1000 / facts.interval_ns, 1.0))
