"""The packet loop: one packet after the other through its connection."""

from __future__ import annotations

from typing import Any

from estab.lives import inner_kernel, kernel
from estab.seq import unwrap
from estab.track.answering import acknowledge
from estab.track.copies import fingerprint, is_copy, remember
from estab.track.ending import finish, icmp_error, reset
from estab.track.flows import begins_anew, direction, find_place, start
from estab.track.going_on import forget_syn, goes_on
from estab.track.opening import confirm, synchronize
from estab.track.records import (
    CONNECTED,
    COPIES_SEEN,
    HAS_ACK_SENT,
    HAS_SEQ,
    HEADERS_CUT,
    RST_SENT,
    SERVER_SPOKE_FIRST,
    SPOKE_AFTER_RESET,
    TIMESTAMPS_USED,
)
from estab.track.sending import bare, stream, take_clock, take_ip_id
from estab.track.states import ANY, IN_CLOSED, IN_ESTABLISHED, IN_LISTEN, IN_SYN_SENT, enter, is_settled, observe
from estab.track.verdict import CHALLENGE_ACK, DUPLICATE, NEW_DATA, OPENS
from estab.wire.columns import ACK, CWR, ECE, FIN, KIND_ICMP_ERROR, OPT_CUT, OPT_TIMESTAMPS, RST, SYN

__all__ = ["COUNTERS", "COUNT_CONNECTIONS", "COUNT_ORPHAN_ICMP", "COUNT_TRANSITIONS", "ROOM_FOR_TRANSITIONS", "feed"]

# Places of `counters`.
COUNT_CONNECTIONS = 0
COUNT_TRANSITIONS = 1
COUNT_ORPHAN_ICMP = 2
COUNTERS = 4

ROOM_FOR_TRANSITIONS = 6
"""Log rows that one packet may need: the first states of both sides, a change of each, one more of its sender, and one of both where they
are the same socket."""


@kernel
def feed(
    packets: Any,
    begin: int,
    end: int,
    connections: Any,
    sides: Any,
    index: Any,
    slot_mask: int,
    log: Any,
    counters: Any,
    limits: Any,
    maps: Any,
) -> int:
    """Tracks packets[begin:end]; returns the first packet that was not taken because a table is full (`limits`), or `end`.

    `limits` holds the capacity for connections and for log rows.
    """
    for number in range(begin, end):
        if counters[0] >= limits[0] or counters[1] + ROOM_FOR_TRANSITIONS > limits[1]:
            return number
        packet = packets[number]
        place = find_place(packet, connections, index, slot_mask)
        slot, side = place >> 1, place & 1
        row = index[slot] - 1
        if packet.kind == KIND_ICMP_ERROR:
            quote(packet, row, side, connections, sides, counters)
            continue
        verdict = 0
        if row >= 0:
            if packet.flags & SYN and begins_anew(packet, connections[row], sides[2 * row + side], sides[2 * row + 1 - side]):
                row = open_connection(packet, row, connections, sides, log, counters)
                verdict = OPENS
        else:
            row = open_connection(packet, -1, connections, sides, log, counters)
            verdict = OPENS
        if verdict:
            index[slot] = row + 1
            side = direction(connections[row], packet)
        me, peer = sides[2 * row + side], sides[2 * row + 1 - side]
        if goes_on(packet, connections[row], me, peer):
            forget_syn(packet, me, peer)
            enter(me, IN_ESTABLISHED, packet, row, side, log, counters)
            enter(peer, IN_ESTABLISHED, packet, row, 1 - side, log, counters)
        packet.connection = row
        packet.verdict = verdict | take(packet, row, side, connections[row], me, peer, log, counters, maps)
        packet.states_sender, packet.states_receiver = me.states, peer.states
    return end


@kernel
def open_connection(packet: Any, before: int, connections: Any, sides: Any, log: Any, counters: Any) -> int:
    """Begins a connection with its first packet; returns its row."""
    row = counters[0]
    counters[0] += 1
    start(packet, row, before, connections, sides)
    first, second = sides[2 * row], sides[2 * row + 1]
    if packet.flags & (SYN | ACK | RST) == SYN:
        enter(first, IN_CLOSED, packet, row, 0, log, counters)
        enter(second, IN_CLOSED | IN_LISTEN, packet, row, 1, log, counters)
    elif packet.flags & (SYN | ACK | RST) == SYN | ACK:
        enter(first, IN_SYN_SENT, packet, row, 0, log, counters)
        enter(second, IN_LISTEN, packet, row, 1, log, counters)
        second.states |= 1 << 3  # the SYN that it answers went by unseen
    else:
        first.states, second.states = ANY, ANY
    return row


@kernel
def quote(packet: Any, row: int, side: int, connections: Any, sides: Any, counters: Any) -> None:
    """Takes an ICMP error; one that quotes no known connection is only counted."""
    packet.connection = row
    if row < 0:
        counters[2] += 1
        return
    icmp_error(packet, connections[row], side, sides[2 * row + side])


@inner_kernel
def take(packet: Any, row: int, side: int, connection: Any, me: Any, peer: Any, log: Any, counters: Any, maps: Any) -> int:
    """One packet of a known connection; returns its verdict."""
    flags = packet.flags
    connection.last_ns, connection.last_frame = packet.time_ns, packet.frame
    position = unwrap(packet.seq, me.snd_max) if me.marks & HAS_SEQ else int(packet.seq)
    length = packet.payload
    if flags & SYN:
        length += 1
    if flags & FIN:
        length += 1
    mark = fingerprint(packet)
    if not is_news(packet, me, position + length) and is_copy(packet, mark, me, peer):
        count(packet, me)
        me.duplicates += 1
        me.duplicate_bytes += packet.payload
        me.duplicate_frame = packet.frame
        connection.marks |= COPIES_SEEN
        return DUPLICATE
    remember(packet, mark, me)
    take_ip_id(packet, me)
    take_clock(packet, me)
    verdict = judge(packet, connection, me, peer, side, position, length)
    if verdict & DUPLICATE:
        count(packet, me)
        connection.marks |= COPIES_SEEN
        return verdict
    acknowledged = 0
    if flags & ACK:
        verdict |= acknowledge(packet, me, peer)
        acknowledged = unwrap(packet.ack, peer.snd_max)
        confirm(packet, connection, me, peer, side)
        answers = verdict & NEW_DATA == 0 and packet.payload == 0 and connection.handshake_ack_frame != packet.frame
        if answers and challenges(connection, side, me, peer, flags):
            me.challenge_acks += 1
            verdict |= CHALLENGE_ACK
    if flags & FIN:
        finish(packet, connection, me, peer, side, position + (1 if flags & SYN else 0))
    if not is_settled(packet, me, peer, verdict):
        observe(packet, row, side, me, peer, acknowledged, verdict, maps, log, counters)
    count(packet, me)
    keep_last(packet, connection, me, peer, side, length, verdict)
    return verdict


@inner_kernel
def judge(packet: Any, connection: Any, me: Any, peer: Any, side: int, position: int, length: int) -> int:
    """What the packet is for its sender's stream."""
    flags = packet.flags
    if flags & RST:
        return reset(packet, connection, me, peer, side)
    if flags & SYN:
        verdict = synchronize(packet, connection, me, peer, position)
        if position + length > me.snd_max:
            me.snd_max = position + length
            if packet.payload > 0:
                me.first_data_ns = me.first_data_ns if me.first_data_ns != 0 else packet.time_ns
        return verdict
    if length > 0:
        return stream(packet, me, peer, position, position + length)
    return bare(packet, me, peer, position)


@kernel
def is_news(packet: Any, me: Any, end: int) -> bool:
    """Whether a packet moves its side's stream or acknowledgement on; such a packet is no copy of an earlier one."""
    if not me.marks & HAS_SEQ:
        return packet.flags & RST == 0 or me.rsts == 0  # a refusal has no place in a stream
    if end > me.snd_max:
        return True
    if packet.flags & ACK == 0:
        return False
    ahead = (packet.ack - me.ack_sent) & 0xFFFFFFFF
    return me.marks & HAS_ACK_SENT == 0 or 0 < ahead <= 0x7FFFFFFF


@kernel
def challenges(connection: Any, side: int, me: Any, peer: Any, flags: int) -> bool:
    """Whether a bare ACK answers a RST or SYN of the other side that did not fit (RFC 5961 §3.2, §4.2)."""
    if flags & (SYN | FIN | RST) or connection.last_side == side:
        return False
    last = peer.last_flags & 0x1FF
    if last & RST:
        return peer.resets_challenged > 0 and me.challenge_acks < peer.resets_challenged
    again = last & SYN != 0 and peer.syns + peer.syn_acks > 1  # its first SYN is answered by the handshake (with Fast Open after data)
    return again and connection.marks & CONNECTED != 0 and peer.data_packets + me.data_packets > 0


@inner_kernel
def count(packet: Any, me: Any) -> None:
    """The plain counters of a side, copies included."""
    now_ns = packet.time_ns
    if me.packets == 0:
        me.first_ns, me.first_frame = now_ns, packet.frame
        me.ttl = packet.ttl
        me.ttl_min, me.ttl_max = packet.ttl, packet.ttl
    elif not packet.flags & RST:
        if packet.ttl < me.ttl_min:
            me.ttl_min = packet.ttl
        if packet.ttl > me.ttl_max:
            me.ttl_max = packet.ttl
    me.packets += 1
    me.payload_bytes += packet.payload
    if packet.payload > 0:
        me.data_packets += 1
    elif packet.flags & (SYN | FIN | RST | ACK) == ACK:
        me.pure_acks += 1
    if packet.ecn:
        me.ect_packets += 1
        if packet.ecn == 3:
            me.ce_packets += 1
    if packet.flags & (ECE | CWR) and not packet.flags & SYN:
        me.ece_packets += 1 if packet.flags & ECE else 0
        me.cwr_packets += 1 if packet.flags & CWR else 0


@inner_kernel
def keep_last(packet: Any, connection: Any, me: Any, peer: Any, side: int, length: int, verdict: int) -> None:
    """What later packets are compared with."""
    now_ns, flags = packet.time_ns, packet.flags
    if me.last_ns != 0 and now_ns - me.last_ns > me.gap_longest_ns:
        me.gap_longest_ns = now_ns - me.last_ns
    me.last_ns, me.last_frame = now_ns, packet.frame
    if length > 0:
        me.last_sent_ns = now_ns
    if packet.options & OPT_TIMESTAMPS and not me.marks & TIMESTAMPS_USED:  # not written each time: what is read next would wait
        me.marks |= TIMESTAMPS_USED
    if packet.options & OPT_CUT:
        connection.marks |= HEADERS_CUT
    if packet.payload > 0 and not flags & SYN:
        if peer.data_packets > 0:
            connection.marks |= CONNECTED
        elif side == 1 and me.data_packets == 1:
            connection.marks |= SERVER_SPOKE_FIRST
    if not flags & RST:
        if me.marks & RST_SENT:
            me.after_rst += 1
            me.marks |= SPOKE_AFTER_RESET
        if peer.marks & RST_SENT:
            me.after_peer_rst += 1
    me.last_flags = (flags & 0x1FF) | (0x10000 if packet.payload > 0 else 0)
    connection.last_side = side
