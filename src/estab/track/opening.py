"""SYN and SYN-ACK: what the two ends offer each other, and which of them are repeated."""

from __future__ import annotations

from typing import Any

from estab.lives import kernel
from estab.seq import unwrap
from estab.track.answering import settle_scale
from estab.track.records import (
    CONNECTED,
    ECN_NEGOTIATED,
    FAST_OPEN_ASKED,
    FAST_OPEN_DATA,
    FAST_OPEN_USED,
    HANDSHAKE_DONE,
    HAS_ISN,
    HAS_SEQ,
    MSS_OFFERED,
    OPTIONS_CUT,
    RESET_EXACT,
    RESET_ON_DATA,
    RESET_UNREAD,
    RESET_WITH_ACK,
    RST_SENT,
    RTT_PENDING,
    SACK_OFFERED,
    SAW_HANDSHAKE_ACK,
    SAW_SYN,
    SAW_SYN_ACK,
    SCALE_OFFERED,
    SIMULTANEOUS_OPEN,
    SPOKE_AFTER_RESET,
    TIMESTAMPS_USED,
)
from estab.track.verdict import NEW_DATA, RETRANSMISSION
from estab.wire.columns import (
    ACK,
    CWR,
    ECE,
    OPT_CUT,
    OPT_FAST_OPEN,
    OPT_MSS,
    OPT_SACK_PERMITTED,
    OPT_TIMESTAMPS,
    OPT_WINDOW_SCALE,
)

SCALE_MAX = 14
"""RFC 7323 §2.3: a larger shift is taken for 14."""


@kernel
def synchronize(packet: Any, connection: Any, me: Any, peer: Any, position: int) -> int:
    """Takes a SYN or SYN-ACK; returns verdict bits."""
    answer = packet.flags & ACK != 0
    if me.syns + me.syn_acks == 0:
        me.syn_first_flags = packet.flags
    me.syn_last_flags = packet.flags
    first = me.syns + me.syn_acks == 0
    forgotten = answer and me.syn_acks > 0 and position != me.isn and not me.marks & HANDSHAKE_DONE
    if first or (answer and me.syn_acks == 0) or (position != me.isn and not me.marks & HANDSHAKE_DONE):
        read_offer(packet, connection, me, peer, position, answer)
        known = me.marks & HAS_ISN != 0 and position == me.isn
        me.isn = position
        if not me.marks & HAS_SEQ or not known:
            me.snd_max = position
        me.marks |= HAS_ISN | HAS_SEQ
    if answer:
        if me.syn_acks == 0:
            forget_reset(connection, peer)
        return count_answer(packet, connection, me, position, forgotten)
    me.syns += 1
    connection.marks |= SAW_SYN
    if me.syns == 1:
        me.first_syn_ns, me.syn_frame = packet.time_ns, packet.frame
        if peer.syns > 0 and peer.syn_acks == 0:
            connection.marks |= SIMULTANEOUS_OPEN
        time_syn(packet, me, position)
    me.last_syn_ns = packet.time_ns
    if me.syns == 1:
        return NEW_DATA
    me.retransmit_syn += 1
    return repeat_syn(packet, me)


@kernel
def count_answer(packet: Any, connection: Any, me: Any, position: int, forgotten: bool) -> int:
    """Counts a SYN-ACK; one repeated after the opener's ACK went by tells of an accept queue that is full, or of a lost ACK.

    `forgotten`: it has another number than the one before.  The listener has given up its SYN-RECEIVED meanwhile and takes the repeated
    SYN for a first one, so this is a first answer too.
    """
    me.syn_acks += 1
    connection.marks |= SAW_SYN_ACK
    if me.syn_acks == 1:
        if me.first_syn_ns == 0:
            me.first_syn_ns, me.syn_frame = packet.time_ns, packet.frame
            time_syn(packet, me, position)
        me.last_syn_ns = packet.time_ns
        return NEW_DATA
    me.last_syn_ns = packet.time_ns
    if forgotten:
        return NEW_DATA
    if connection.marks & SAW_HANDSHAKE_ACK:
        connection.syn_ack_after_ack += 1
    me.retransmit_syn_ack += 1
    return repeat_syn(packet, me)


@kernel
def forget_reset(connection: Any, opener: Any) -> None:
    """Takes back a RST that the opener sent before anything answered its SYN: it was about an old connection, whose challenge ACK does
    not acknowledge this SYN, and leaves the opener in SYN-SENT (RFC 9293 §3.10.7.3)."""
    if opener.marks & (RST_SENT | RESET_WITH_ACK) == RST_SENT and opener.syns > 0 and opener.data_packets == 0:
        opener.marks &= ~(RST_SENT | RESET_EXACT | RESET_UNREAD | RESET_ON_DATA | SPOKE_AFTER_RESET)
        connection.rst_first_side = -1


@kernel
def repeat_syn(packet: Any, me: Any) -> int:
    """A SYN or SYN-ACK sent again."""
    me.retransmits += 1
    if me.retransmit_first_ns == 0:
        me.retransmit_first_ns, me.retransmit_frame = packet.time_ns, packet.frame
    me.retransmit_last_ns = packet.time_ns
    me.marks &= ~RTT_PENDING
    return RETRANSMISSION


@kernel
def time_syn(packet: Any, me: Any, position: int) -> None:
    """The SYN is the first segment to be timed."""
    me.marks |= RTT_PENDING
    me.rtt_position = position + 1
    me.rtt_sent_ns = packet.time_ns


@kernel
def read_offer(packet: Any, connection: Any, me: Any, peer: Any, position: int, answer: bool) -> None:
    """Takes the options of a SYN."""
    options = packet.options
    if options & OPT_MSS:
        me.mss = packet.mss
        me.marks |= MSS_OFFERED
    if options & OPT_WINDOW_SCALE:
        me.scale = packet.wscale if packet.wscale < SCALE_MAX else SCALE_MAX
        me.marks |= SCALE_OFFERED
    if options & OPT_SACK_PERMITTED:
        me.marks |= SACK_OFFERED
    if options & OPT_TIMESTAMPS:
        me.marks |= TIMESTAMPS_USED
    if options & OPT_CUT:
        me.marks |= OPTIONS_CUT
    if options & OPT_FAST_OPEN:
        me.marks |= FAST_OPEN_ASKED
    if packet.payload > 0:
        me.marks |= FAST_OPEN_DATA
    if answer:
        if peer.marks & HAS_ISN and not (me.marks | peer.marks) & OPTIONS_CUT:
            settle_scale(me, peer)
        if packet.flags & (ECE | CWR) == ECE:
            connection.marks |= ECN_NEGOTIATED
        if peer.marks & FAST_OPEN_DATA and unwrap(packet.ack, peer.snd_max) > peer.isn + 1:
            connection.marks |= FAST_OPEN_USED


@kernel
def confirm(packet: Any, connection: Any, me: Any, peer: Any, side: int) -> None:
    """Notes the opener's ACK of the SYN-ACK, and that a connection came about at all."""
    if side == 0 and peer.syn_acks > 0 and packet.flags & ACK and not connection.marks & SAW_HANDSHAKE_ACK:
        if unwrap(packet.ack, peer.snd_max) > peer.isn:
            connection.marks |= SAW_HANDSHAKE_ACK | CONNECTED
            connection.handshake_ack_ns = packet.time_ns
            connection.handshake_ack_frame = packet.frame
