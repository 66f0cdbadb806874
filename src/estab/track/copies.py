"""Telling a copy of a packet (made by the network, or by a mirror port) from a segment that its sender sent again.

A repeated segment is a new IP packet: where the sender numbers its packets (IPv4 identification) the number differs.  A copy has the
same number, the same everything.  Where there is no number (IPv6, and stacks that write 0), a packet that is equal in every field and
follows within a millisecond is taken for a copy: no sender can have learned of a loss by then on anything but the shortest path.
"""

from __future__ import annotations

from typing import Any

from estab.lives import kernel
from estab.wire.columns import FIN, OPT_TIMESTAMPS, RST, SYN

RING = 8
SAME_ID_US = 150_000
"""Below every retransmission timeout: some senders number a repeated packet as they did the first."""
NO_ID_US = 1_000


@kernel
def fingerprint(packet: Any) -> int:
    """31 bits over everything that a copy has in common with its original, except the time to live (routers change it)."""
    mixed = (
        packet.seq * 0x9E3779B1
        + packet.ack * 0x85EBCA6B
        + packet.payload * 0xC2B2AE35
        + packet.flags * 0x27D4EB2F
        + packet.window * 0x165667B1
        + packet.tsval * 0x2C1B3C6D
        + packet.ip_id * 0x297A2D39
        + packet.sack0_left * 0x1B873593
        + packet.sack0_right * 0x4CF5AD43
        + packet.sack1_right * 0x38495AB5
    )
    mixed = mixed & 0x7FFFFFFF
    return (mixed ^ (mixed >> 15)) & 0x7FFFFFFF


@kernel
def is_copy(packet: Any, mark: int, me: Any, peer: Any) -> bool:
    """Whether one of this side's latest packets was this very one.

    A packet without a number that follows something from the other side may be a second answer (a SYN-ACK to a SYN that was repeated): it
    is no copy then, unless it comes at once.  A SYN with a timestamp may come later: whoever repeats it for want of an answer waits
    much longer, and the clock in it moves on.
    """
    now_us = (packet.time_ns // 1000) & 0xFFFFFFFF
    numbered = packet.ip_id > 0
    clocked = packet.flags & SYN != 0 and packet.options & OPT_TIMESTAMPS != 0
    limit_us = SAME_ID_US if numbered or clocked else NO_ID_US
    if not numbered and packet.flags & RST and me.duplicates == 0 and me.rsts < peer.packets - peer.duplicates:
        return False  # each packet that meets a dead socket draws a RST of its own, and they are all alike; but not more than that
    if not numbered and packet.payload == 0 and not packet.flags & (SYN | FIN) and me.duplicates == 0:
        limit_us = 50  # bare ACKs without a number may honestly repeat (duplicate ACKs)
    for place in range(RING):
        entry = me.ring[place]
        if entry >> 32 == mark and entry != 0:
            age_us = (now_us - (entry & 0xFFFFFFFF)) & 0xFFFFFFFF
            answered = peer.last_flags & SYN != 0 if packet.flags & SYN else age_us > 100
            answered = answered and not numbered and peer.last_ns > me.last_ns
            if age_us <= limit_us and not answered:
                return True
    return False


@kernel
def remember(packet: Any, mark: int, me: Any) -> None:
    """Puts a packet into the ring of this side's latest packets."""
    me.ring[me.ring_next] = (mark << 32) | ((packet.time_ns // 1000) & 0xFFFFFFFF)
    me.ring_next = (me.ring_next + 1) & 7
