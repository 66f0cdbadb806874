"""Which connection a packet belongs to: the table of four-tuples, and when a four-tuple begins a new connection."""

from __future__ import annotations

from typing import Any

from estab.lives import inner_kernel, kernel
from estab.seq import wrap
from estab.track.records import (
    CROSSING_FINS,
    FIN_ACKED,
    FIN_SENT,
    HAS_ISN,
    HAS_SEQ,
    MIDSTREAM,
    OPENED_BY_SYN,
    REUSED_IN_TIME_WAIT,
    REUSED_WHILE_OPEN,
    RST_SENT,
    TUPLE_REUSED,
)
from estab.wire.columns import ACK, RST, SYN

SYN_MEMORY_NS = 247_000_000_000
"""A SYN with the same number is a repetition for this long: the span of tcp_syn_retries = 7 without linear time-outs, 2^8 - 1 s less
the cap of 120 s for each wait (net/ipv4/tcp_timer.c); later it is a new try."""
TWO_MSL_NS = 120_000_000_000
"""Twice the longest life of a segment that Linux reckons with (RFC 9293 §3.4.2 has 4 min); TIME-WAIT itself lasts half of this there."""


@inner_kernel
def direction(connection: Any, packet: Any) -> int:
    """0 for a packet from the connection's first side, 1 from the second, -1 for another four-tuple."""
    if (
        connection.a_port == packet.sport
        and connection.b_port == packet.dport
        and connection.a3 == packet.src3
        and connection.b3 == packet.dst3
        and connection.a2 == packet.src2
        and connection.b2 == packet.dst2
        and connection.a1 == packet.src1
        and connection.b1 == packet.dst1
        and connection.a0 == packet.src0
        and connection.b0 == packet.dst0
    ):
        return 0
    if (
        connection.b_port == packet.sport
        and connection.a_port == packet.dport
        and connection.b3 == packet.src3
        and connection.a3 == packet.dst3
        and connection.b2 == packet.src2
        and connection.a2 == packet.dst2
        and connection.b1 == packet.src1
        and connection.a1 == packet.dst1
        and connection.b0 == packet.src0
        and connection.a0 == packet.dst0
    ):
        return 1
    return -1


@kernel
def find_place(packet: Any, connections: Any, index: Any, slot_mask: int) -> int:
    """Twice the slot of the packet's four-tuple in `index`, or twice the free slot where it belongs; one more for the second side.

    `index` holds row + 1 of the latest connection of each four-tuple, 0 for a free slot; it is never full.
    """
    slot = packet.hash & slot_mask
    while index[slot] != 0:
        connection = connections[index[slot] - 1]
        if connection.hash == packet.hash:
            side = direction(connection, packet)
            if side >= 0:
                return 2 * slot + side
        slot = (slot + 1) & slot_mask
    return 2 * slot


@kernel
def begins_anew(packet: Any, connection: Any, me: Any, peer: Any) -> bool:
    """Whether a packet on a known four-tuple opens a new connection.

    A SYN does, when its number is not the one of this side's SYN so far (another try, RFC 9293 §3.4.1), or when the try it would repeat
    is out of memory.  A SYN of the second side while the first is still opening is the other half of a simultaneous open (§3.5,
    figure 7), not a new connection.  A SYN-ACK does when the connection before had ended and its SYN was not captured.
    """
    if packet.flags & RST or not packet.flags & SYN:
        return False
    if packet.flags & ACK:
        ended = (me.marks | peer.marks) & RST_SENT != 0 or (me.marks & FIN_SENT != 0 and peer.marks & FIN_SENT != 0)
        if not me.marks & HAS_ISN and peer.marks & HAS_ISN and packet.ack == wrap(peer.isn + 1):
            return False  # overtaken by what came after it
        return ended and me.marks & HAS_SEQ != 0 and wrap(me.isn) != packet.seq
    if me.marks & HAS_ISN:
        return wrap(me.isn) != packet.seq or packet.time_ns - me.last_syn_ns > SYN_MEMORY_NS
    if not peer.marks & HAS_ISN or packet.time_ns - peer.last_syn_ns > SYN_MEMORY_NS:
        return True
    if me.marks & HAS_SEQ:  # the other side's segments spoke of this one before it was seen
        return me.packets > 0
    return peer.syns == 0 or peer.packets > peer.syns + peer.duplicates


@kernel
def start(packet: Any, row: int, before: int, connections: Any, sides: Any) -> None:
    """Fills the connection row of a first packet; `before` is the row of the four-tuple's connection so far, or -1."""
    connection = connections[row]
    connection.hash = packet.hash
    answer = packet.flags & (SYN | ACK) == SYN | ACK
    if answer:  # a SYN-ACK comes from the passive side
        connection.a0, connection.a1, connection.a2, connection.a3 = packet.dst0, packet.dst1, packet.dst2, packet.dst3
        connection.b0, connection.b1, connection.b2, connection.b3 = packet.src0, packet.src1, packet.src2, packet.src3
        connection.a_port, connection.b_port = packet.dport, packet.sport
    else:
        connection.a0, connection.a1, connection.a2, connection.a3 = packet.src0, packet.src1, packet.src2, packet.src3
        connection.b0, connection.b1, connection.b2, connection.b3 = packet.dst0, packet.dst1, packet.dst2, packet.dst3
        connection.a_port, connection.b_port = packet.sport, packet.dport
    connection.first_ns = packet.time_ns
    connection.first_frame = packet.frame
    connection.fins_first_side, connection.rst_first_side, connection.icmp_side = -1, -1, -1
    connection.previous = -1
    connection.marks = 0
    if not packet.flags & SYN:
        connection.marks |= MIDSTREAM
    elif not answer:
        connection.marks |= OPENED_BY_SYN
    if before >= 0:
        link(connection, connections[before], sides[2 * before], sides[2 * before + 1], before)


@kernel
def link(connection: Any, previous: Any, first: Any, second: Any, before: int) -> None:
    """Says of a new connection how the one before on its four-tuple stood."""
    connection.previous = before
    connection.marks &= ~(REUSED_IN_TIME_WAIT | REUSED_WHILE_OPEN)
    connection.marks |= TUPLE_REUSED
    closed = first.marks & FIN_SENT != 0 and second.marks & FIN_SENT != 0 and (first.marks | second.marks) & FIN_ACKED != 0
    if (first.marks | second.marks) & RST_SENT:
        return
    if closed or previous.marks & CROSSING_FINS:
        if connection.first_ns - previous.last_ns < TWO_MSL_NS:
            connection.marks |= REUSED_IN_TIME_WAIT
    elif first.packets > 0 and second.packets > 0:
        connection.marks |= REUSED_WHILE_OPEN


@kernel
def reindex(index: Any, slot_mask: int, connections: Any, count: int, superseded: Any) -> None:
    """Fills an empty index with the latest connection of each four-tuple; `superseded[row]` is 1 for rows that have a successor."""
    for row in range(count):
        if superseded[row]:
            continue
        slot = connections[row].hash & slot_mask
        while index[slot] != 0:
            slot = (slot + 1) & slot_mask
        index[slot] = row + 1
