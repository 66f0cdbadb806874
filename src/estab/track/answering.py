"""What a packet says about the other side's stream: acknowledgements, windows, SACK, round trips."""

from __future__ import annotations

from typing import Any

from estab.lives import inner_kernel, kernel
from estab.seq import unwrap
from estab.track.holes import forget_below
from estab.track.records import (
    FIN_ACKED,
    FIN_ACKED_PROVED,
    FIN_SENT,
    HAS_ACK_SENT,
    HAS_ACKED,
    HAS_ISN,
    HAS_SEQ,
    IN_TIMEOUT_RECOVERY,
    KEEPALIVE_WAITING,
    PROBE_WAITING,
    RECEIVED_FIN_PROVED,
    RST_SENT,
    RTT_PENDING,
    SCALE_OFFERED,
    SYN_ACKED,
    WINDOW_IS_ZERO,
    WINDOW_KNOWN,
)
from estab.track.verdict import ACKS_UNSEEN, DSACK, DUPLICATE_ACK, KEEPALIVE_ANSWER, WINDOW_UPDATE, ZERO_WINDOW
from estab.wire.columns import FIN, OPT_SACK, OPT_TIMESTAMPS, RST, SYN

ABSURD_BYTES = 1 << 30
"""No window reaches so far (RFC 7323 §2.3): an acknowledgement that far ahead is not believed."""
SMALL_WINDOW_BYTES = 1460
"""Less room than a usual segment: a sender waits for more (RFC 9293 §3.8.6.2.1)."""
DELAYED_ACK_NS = 20_000_000
LONGEST_ROUND_TRIP_NS = 240_000_000_000
"""Two of the longest lives of a segment (MSL, 2 min: RFC 9293 §3.4.2)."""


@inner_kernel
def acknowledge(packet: Any, me: Any, peer: Any) -> int:
    """Takes a packet's acknowledgement number, window and SACK blocks; returns verdict bits."""
    verdict = 0
    if peer.marks & KEEPALIVE_WAITING:
        peer.marks &= ~KEEPALIVE_WAITING
        peer.keepalives_answered += 1
        peer.keepalive_run = 0
        verdict |= KEEPALIVE_ANSWER
    if peer.marks & PROBE_WAITING:
        peer.marks &= ~PROBE_WAITING
        peer.probes_answered += 1
    if not peer.marks & HAS_SEQ:
        peer.snd_max = packet.ack
        peer.marks |= HAS_SEQ
    position = unwrap(packet.ack, peer.snd_max)
    if position > peer.snd_max:
        if position - peer.snd_max > ABSURD_BYTES or packet.flags & (SYN | RST):
            return verdict
        me.acks_unseen += 1
        peer.unseen_bytes += position - peer.snd_max
        peer.snd_max = position
        verdict |= ACKS_UNSEEN
    if not me.marks & SYN_ACKED and peer.marks & HAS_ISN and position > peer.isn:  # not written each time: what is read next would wait
        me.marks |= SYN_ACKED
    if not me.marks & HAS_ACK_SENT or position > me.ack_sent:
        edge, taken = me.window_edge, position - me.ack_sent if me.marks & HAS_ACK_SENT and me.marks & WINDOW_KNOWN else 0
        advance(packet, me, peer, position)
        take_window(packet, me, peer, position)
        if 2 * (me.window_edge - edge) < taken and packet.payload == 0:
            me.edge_stalls += 1
        if packet.options & OPT_SACK and packet.sack_blocks > 0:
            verdict |= selective(packet, me, peer, position)
    elif position == me.ack_sent:
        verdict |= same_acknowledgement(packet, me, peer, position)
    if me.marks & WINDOW_IS_ZERO and not packet.flags & (SYN | RST) and position >= me.ack_sent:
        verdict |= ZERO_WINDOW
    return verdict


@inner_kernel
def advance(packet: Any, me: Any, peer: Any, position: int) -> None:
    """The cumulative acknowledgement moved on: the other side's bytes below `position` have arrived."""
    me.ack_sent = position
    me.marks |= HAS_ACK_SENT
    me.dup_ack_run = 0
    if not peer.marks & HAS_ACKED or position > peer.acked:
        peer.acked = position
        peer.marks |= HAS_ACKED
    if peer.repeat_tsval != 0 and position > peer.repeat_left:
        judge_timeout(packet, peer)
    peer.repeats_open = 0
    if position > peer.run_seq:
        peer.run = 0
    if peer.marks & IN_TIMEOUT_RECOVERY and position >= peer.recover:
        peer.marks &= ~IN_TIMEOUT_RECOVERY
    if peer.holes > 0:
        peer.unseen_bytes += forget_below(peer, position)
    if position == peer.snd_max:
        peer.proved_payload = peer.max_payload
    if peer.marks & RTT_PENDING and position >= peer.rtt_position:
        take_rtt(packet.time_ns - peer.rtt_sent_ns, peer)
        peer.marks &= ~RTT_PENDING
    if packet.payload == 0 and peer.last_data_ns > 0 and not packet.flags & (SYN | FIN | RST):
        delay_ns = packet.time_ns - peer.last_data_ns - peer.rtt_min_ns
        if delay_ns >= DELAYED_ACK_NS and peer.last_data_ns >= me.last_data_ns:
            me.delayed_acks += 1
            peer.stall_mark_ns = packet.time_ns
    if peer.marks & FIN_SENT and position > peer.fin_position:
        if not peer.marks & FIN_ACKED:
            peer.fin_acked_ns = packet.time_ns
            peer.fin_answer = me.snd_max
        peer.marks |= FIN_ACKED
        me.marks |= RECEIVED_FIN_PROVED
        if me.marks & FIN_SENT and peer.fin_ack > me.fin_position:
            me.marks |= FIN_ACKED_PROVED
    if me.marks & FIN_ACKED and position > me.fin_answer:
        me.marks |= FIN_ACKED_PROVED


@kernel
def judge_timeout(packet: Any, peer: Any) -> None:
    """The segment that a silence made the other side repeat has arrived: the echoed timestamp says which of the two packets came first."""
    if packet.options & OPT_TIMESTAMPS and ((packet.tsecr - peer.repeat_tsval) & 0xFFFFFFFF) > 0x7FFFFFFF:
        peer.undone += peer.run
        peer.marks &= ~IN_TIMEOUT_RECOVERY
    peer.repeat_tsval = 0


@kernel
def take_rtt(sample_ns: int, side: Any) -> None:
    """One round trip of this side's data, as seen from the capture point; what no segment could live through is none."""
    if sample_ns < 0 or sample_ns > LONGEST_ROUND_TRIP_NS:
        return
    if side.rtt_samples == 0 or sample_ns < side.rtt_min_ns:
        side.rtt_min_ns = sample_ns
    if sample_ns > side.rtt_max_ns:
        side.rtt_max_ns = sample_ns
    side.rtt_sum_ns += sample_ns
    side.rtt_samples += 1


@kernel
def same_acknowledgement(packet: Any, me: Any, peer: Any, position: int) -> int:
    """An acknowledgement that was said before: a duplicate ACK, a window update, or just a number on data."""
    verdict = 0
    before = me.window
    known = me.marks & WINDOW_KNOWN
    take_window(packet, me, peer, position)
    if packet.options & OPT_SACK and packet.sack_blocks > 0:
        verdict |= selective(packet, me, peer, position)
    if packet.payload > 0 or packet.flags & (SYN | FIN | RST):
        return verdict
    if known and me.window != before:
        me.window_updates += 1
        return verdict | WINDOW_UPDATE
    if peer.marks & HAS_SEQ and peer.snd_max > position and not verdict & DSACK:
        me.dup_acks += 1
        me.dup_ack_run += 1
        verdict |= DUPLICATE_ACK
    elif known and peer.snd_max == position and not packet.options & OPT_SACK and unasked(packet, me, peer):
        me.acks_unasked += 1
        me.unasked_frame = packet.frame
    return verdict


@kernel
def unasked(packet: Any, me: Any, peer: Any) -> bool:
    """Whether a bare ACK that says nothing new answers nothing that went by: no data, probe or repetition of the other side."""
    if peer.last_sent_ns >= me.last_ns or peer.keepalive_last_ns >= me.last_ns or me.data_packets + peer.data_packets == 0:
        return False
    if peer.retransmits + peer.duplicates + peer.out_of_order + peer.window_probes > 0 or (me.marks | peer.marks) & RST_SENT:
        return False
    return me.marks & HAS_SEQ != 0 and unwrap(packet.seq, me.snd_max) == me.snd_max


@kernel
def selective(packet: Any, me: Any, peer: Any, position: int) -> int:
    """Reads SACK: a first block below the acknowledgement, or inside the second block, reports a duplicate (RFC 2883 §4)."""
    me.sack_acks += 1
    left, right = unwrap(packet.sack0_left, position), unwrap(packet.sack0_right, position)
    if right <= position:
        return received_twice(me, peer, left)
    if packet.sack_blocks > 1:
        outer_left, outer_right = unwrap(packet.sack1_left, position), unwrap(packet.sack1_right, position)
        if outer_left <= left and right <= outer_right:
            return received_twice(me, peer, left)
    if right > me.sack_high and right <= peer.snd_max:
        me.sack_high = right
    return 0


@kernel
def received_twice(me: Any, peer: Any, left: int) -> int:
    """Counts a D-SACK, and whether it is about something that the other side has repeated (else the network made a copy)."""
    me.dsacks += 1
    if peer.retransmits > peer.dsack_repeats and peer.repeat_left <= left < peer.repeat_right:
        peer.dsack_repeats += 1
    return DSACK


@inner_kernel
def take_window(packet: Any, me: Any, peer: Any, position: int) -> None:
    """Takes the offered window in bytes; the scale holds for all but SYN segments (RFC 7323 §2.2).

    `scale` is 0 until both SYNs were seen to carry the option; without them the window's size is not known, whether it is zero is.
    """
    if packet.flags & RST:
        return
    window = packet.window if packet.flags & SYN else packet.window << me.scale
    me.window = window
    if position + window != me.window_edge:
        if peer.full_since_ns != 0:
            peer.window_full_ns += packet.time_ns - peer.full_since_ns
            still = position + window - peer.snd_max < (me.mss if me.mss > 0 else SMALL_WINDOW_BYTES)
            peer.full_since_ns = packet.time_ns if still else 0
        me.edge_before = me.window_edge
        me.window_edge = position + window
    me.marks |= WINDOW_KNOWN
    if window > me.window_max_bytes:
        me.window_max_bytes = window
    if window == 0 and not packet.flags & (SYN | FIN):
        if not me.marks & WINDOW_IS_ZERO:
            me.marks |= WINDOW_IS_ZERO
            me.zero_windows += 1
            me.zero_since_ns = packet.time_ns
            if me.zero_windows == 1:
                me.zero_frame = packet.frame
    elif window > 0 and me.marks & WINDOW_IS_ZERO:
        me.marks &= ~WINDOW_IS_ZERO
        lasted_ns = packet.time_ns - me.zero_since_ns
        me.zero_window_ns += lasted_ns
        if lasted_ns > me.zero_longest_ns:
            me.zero_longest_ns = lasted_ns


@kernel
def settle_scale(me: Any, peer: Any) -> None:
    """Window scaling is used only where both SYNs offered it (RFC 7323 §1.3)."""
    if not (me.marks & SCALE_OFFERED and peer.marks & SCALE_OFFERED):
        me.scale = 0
        peer.scale = 0
