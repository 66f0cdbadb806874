"""What a packet is for its sender's stream: new, repeated, overtaken, a probe.

At the sender's own host everything it sends passes the capture point once, so what is seen twice was sent twice.  Further away an
original may be lost before the capture point: then the repetition arrives where a range is missing, and only its age tells it from a
packet that was overtaken.  The witnesses, best first: the sender's own numbering of its IP packets, its timestamp clock
(RFC 7323), and the time since the range was passed over.
"""

from __future__ import annotations

from typing import Any

from estab.lives import inner_kernel, kernel
from estab.seq import unwrap
from estab.track.answering import ABSURD_BYTES
from estab.track.holes import fill, hole_at, open_hole
from estab.track.records import (
    FAST_OPEN_DATA,
    FIN_SENT,
    HAS_ACK_SENT,
    HAS_ACKED,
    HAS_ISN,
    HAS_SEQ,
    IN_TIMEOUT_RECOVERY,
    KEEPALIVE_WAITING,
    OPTIONS_CUT,
    PROBE_WAITING,
    RECEIVED_FIN_PROVED,
    RTT_PENDING,
    SACK_OFFERED,
    TIMESTAMPS_USED,
    WINDOW_IS_ZERO,
    WINDOW_KNOWN,
)
from estab.track.verdict import (
    BEYOND_WINDOW,
    DUPLICATE,
    FAST_RETRANSMIT,
    GAP_BEFORE,
    KEEPALIVE,
    NEW_DATA,
    OUT_OF_ORDER,
    RETRANSMISSION,
    SUPER_SEGMENT,
    TAIL_PROBE,
    TIMEOUT,
    UNNEEDED,
    WINDOW_FULL,
    WINDOW_PROBE,
)
from estab.wire.columns import ACK, FIN, OPT_TIMESTAMPS, RST, SYN

RTO_FLOOR_NS = 170_000_000
"""Silence that no recovery on the receiver's word explains: Linux's TCP_RTO_MIN of 200 ms (include/net/tcp.h) less timer slack."""
TAIL_PROBE_LIMIT_NS = 1_000_000_000
"""A probe timeout never exceeds the retransmission timeout's first value (RFC 8985 §7.2, RFC 6298 §2.1)."""
OLD_TICKS = 1_000
"""More than a SYN cookie takes from a timestamp for its own ends (net/ipv4/syncookies.c)."""
PROBE_IDLE_NS = 100_000_000
"""The least silence of its own before a keepalive probe: Linux waits a second at least (TCP_KEEPIDLE, TCP_KEEPINTVL), others a part of one.
An ACK with the number of a probe that comes sooner was sent before what it follows, and overtaken by that."""
REORDER_FALLBACK_NS = 3_000_000
"""How long a packet may be overtaken where no round trip is known."""
REORDER_FLOOR_NS = 1_000_000
"""And at the least, where the round trip is shorter."""
SEGMENT_FALLBACK_BYTES = 1460
LARGE_BYTES = 1_228
"""What fits into 1,280 bytes, the least that IPv6 demands of every link (RFC 8200 §5), behind headers of IPv4 and TCP with timestamps."""


@kernel
def segment_bytes(me: Any, peer: Any) -> int:
    """The most payload that this side puts into one segment, by the other's MSS option and what routers have said of the path."""
    size = peer.mss if peer.mss > 0 else SEGMENT_FALLBACK_BYTES
    if 0 < me.path_mss < size:
        size = me.path_mss
    if me.marks & TIMESTAMPS_USED and peer.marks & TIMESTAMPS_USED:
        size -= 12
    return size if size > 0 else 1


@kernel
def take_ip_id(packet: Any, me: Any) -> None:
    """Learns whether this side counts its packets: steps of 1 and a little more are a counter, others are not."""
    if packet.ip_id > 0:
        if me.last_id > 0:
            step = (packet.ip_id - me.last_id) & 0xFFFF
            if 0 < step < 1000:
                me.id_good += 1
            else:
                me.id_bad += 1
        me.last_id = packet.ip_id


@kernel
def take_clock(packet: Any, me: Any) -> None:
    """Counts packets whose timestamp is older than this side's first one: whatever the clock's rate, they are none of this connection's."""
    if packet.options & OPT_TIMESTAMPS == 0 or packet.flags & RST:
        return
    if me.marks & TIMESTAMPS_USED == 0:
        me.tsval_first = packet.tsval
        return
    if OLD_TICKS <= ((me.tsval_first - packet.tsval) & 0xFFFFFFFF) <= 0x7FFFFFFF:
        me.old_stamps += 1
        me.old_stamp_frame = packet.frame


@kernel
def counts_packets(me: Any) -> bool:
    """True where this side's IP identification has proved to be a counter."""
    return me.id_good >= 3 and me.id_good > 4 * me.id_bad


@kernel
def sent_after_highest(packet: Any, me: Any, rtt_ns: int, waited_ns: int) -> bool:
    """Whether a late packet left its sender after the packet with the highest position: then it was sent again."""
    if counts_packets(me) and packet.ip_id > 0 and me.id_at_max > 0:
        return ((packet.ip_id - me.id_at_max) & 0xFFFF) < 0x8000
    if packet.options & OPT_TIMESTAMPS and me.tsval_at_max != 0:
        later = ((packet.tsval - me.tsval_at_max + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        if later != 0:
            return later > 0
    if rtt_ns == 0:
        return waited_ns >= REORDER_FALLBACK_NS
    limit_ns = rtt_ns - (rtt_ns >> 2)
    return waited_ns >= (limit_ns if limit_ns > REORDER_FLOOR_NS else REORDER_FLOOR_NS)


@kernel
def left_before_highest(packet: Any, me: Any) -> bool:
    """Whether what went by before certainly left its sender before the packet with the highest position, or is that very packet.

    A sender's timestamp clock never steps back; an equal one says nothing, it may tick as slowly as once a second (RFC 7323 §5.4).
    """
    if counts_packets(me) and packet.ip_id > 0 and me.id_at_max > 0:
        ahead = (packet.ip_id - me.id_at_max) & 0xFFFF
        return ahead == 0 or ahead >= 0x8000
    if packet.options & OPT_TIMESTAMPS and me.tsval_at_max != 0:
        return ((packet.tsval - me.tsval_at_max) & 0xFFFFFFFF) > 0x7FFFFFFF
    return False


@inner_kernel
def stream(packet: Any, me: Any, peer: Any, position: int, end: int) -> int:
    """Judges a packet with payload or FIN (and a SYN with payload); returns verdict bits and updates this side."""
    if end > me.snd_max or not me.marks & HAS_SEQ:
        return forward(packet, me, peer, position, end)
    if is_keepalive(packet, me, position, end):
        return keepalive(packet, me)
    if peer.marks & WINDOW_IS_ZERO and packet.payload <= 1 and not packet.flags & FIN:
        return window_probe(me)
    rtt_ns = me.rtt_min_ns + peer.rtt_min_ns  # to the receiver and to the sender: a repetition takes the whole way round
    place = hole_at(me, position, end)
    if place >= 0:
        waited_ns = packet.time_ns - me.hole_ns[place]
        fill(me, position, end)
        if not sent_after_highest(packet, me, rtt_ns, waited_ns):
            me.out_of_order += 1
            me.late_frame = packet.frame
            return OUT_OF_ORDER | NEW_DATA
        return repeated(packet, me, peer, position, end, waited_ns)
    if left_before_highest(packet, me):
        me.duplicates += 1  # its original went by: the network, or a mirror port, kept and repeated it
        me.duplicate_bytes += packet.payload
        me.duplicate_frame = packet.frame
        return DUPLICATE
    return repeated(packet, me, peer, position, end, -1)


@inner_kernel
def forward(packet: Any, me: Any, peer: Any, position: int, end: int) -> int:
    """A packet that reaches past everything this side has sent so far."""
    verdict = NEW_DATA
    if me.marks & HAS_SEQ and position > me.snd_max:
        verdict |= GAP_BEFORE
        me.gaps += 1
        open_hole(me, me.snd_max, position, packet.time_ns)
    elif me.marks & HAS_SEQ and position < me.snd_max:
        fill(me, position, end)
        if packet.flags & FIN and end == me.snd_max + 1 and packet.payload == 0:
            pass
        elif peer.marks & WINDOW_IS_ZERO and me.snd_max - position <= 1:
            verdict |= window_probe(me)
        else:
            verdict |= repeated(packet, me, peer, position, end, -1)
    if peer.marks & WINDOW_IS_ZERO and packet.payload == 1 and peer.marks & WINDOW_KNOWN:
        verdict |= window_probe(me)
    elif peer.marks & (WINDOW_KNOWN | HAS_ISN | OPTIONS_CUT) == WINDOW_KNOWN | HAS_ISN and packet.payload > 0 and not packet.flags & SYN:
        verdict |= against_window(packet, me, peer, end - (1 if packet.flags & FIN else 0))
    me.snd_max = end
    me.marks |= HAS_SEQ
    if not me.marks & HAS_ACKED or me.acked >= position:
        begin_flight(packet.time_ns, me, peer)
    me.id_at_max = packet.ip_id
    me.tsval_at_max = packet.tsval
    if not me.marks & RTT_PENDING and not verdict & RETRANSMISSION:
        me.marks |= RTT_PENDING
        me.rtt_position = end
        me.rtt_sent_ns = packet.time_ns
    if packet.payload > 0:
        new_payload(packet, me, peer)
        flight = end - (me.acked if me.marks & HAS_ACKED else position)
        if me.flight_max_bytes < flight <= ABSURD_BYTES:
            me.flight_max_bytes = flight
        if me.large_end == 0 and packet.payload > LARGE_BYTES:
            me.large_end = position + LARGE_BYTES + 1
        if packet.payload > segment_bytes(me, peer):
            me.super_segments += 1
            verdict |= SUPER_SEGMENT
    return verdict


@kernel
def begin_flight(now_ns: int, me: Any, peer: Any) -> None:
    """Something is sent while nothing was under way: notes when, and after how long a silence of both sides."""
    me.flight_ns = now_ns
    heard_ns = me.last_ns if me.last_ns > peer.last_ns else peer.last_ns
    me.flight_idle_ns = now_ns - heard_ns if heard_ns != 0 else 0


@kernel
def spoke_last(one: Any, other: Any) -> bool:
    """Whether the latest payload was `one`'s; where both sent some in the same nanosecond, the later packet tells."""
    if one.last_data_ns != other.last_data_ns:
        return bool(one.last_data_ns > other.last_data_ns)
    return bool(one.last_data_ns != 0 and one.last_frame > other.last_frame)


@inner_kernel
def new_payload(packet: Any, me: Any, peer: Any) -> None:
    """Book-keeping of payload sent for the first time: turns of a dialogue, small segments held back, half-closed use."""
    now_ns = packet.time_ns
    if spoke_last(peer, me) and not packet.flags & SYN:
        think_ns = now_ns - peer.last_data_ns
        if peer.retransmit_last_ns < peer.last_data_ns or peer.retransmits == 0:
            me.turns += 1
            me.think_sum_ns += think_ns
            if think_ns > me.think_max_ns:
                me.think_max_ns = think_ns
                me.mark_frame = packet.frame
            if think_ns > 500_000_000:
                me.slow_turns += 1
    elif me.stall_mark_ns != 0 and now_ns - me.stall_mark_ns <= me.rtt_min_ns + peer.rtt_min_ns + 5_000_000:
        me.stalls += 1
        me.stall_ns += me.stall_mark_ns - me.last_data_ns
    me.stall_mark_ns = 0
    if me.first_data_ns == 0:
        me.first_data_ns = now_ns
    me.last_data_ns = now_ns
    if packet.payload > me.max_payload:
        me.max_payload = packet.payload
    if packet.payload < 200:
        me.small_segments += 1
    answers_fin = peer.marks & FIN_SENT != 0 and packet.flags & ACK != 0 and unwrap(packet.ack, peer.snd_max) > peer.fin_position
    if answers_fin or me.marks & RECEIVED_FIN_PROVED:
        me.after_peer_fin_bytes += packet.payload


@kernel
def against_window(packet: Any, me: Any, peer: Any, end: int) -> int:
    """Whether a segment fills the offered window to the last byte, or passes it.

    Beside the receiver a newer offer may have gone by before the segment that fills the one before comes in.
    """
    if end == peer.edge_before and peer.rtt_min_ns > 2 * me.rtt_min_ns:
        me.window_fulls += 1
        return WINDOW_FULL
    me.full_since_ns = 0
    if peer.window_edge - end < segment_bytes(me, peer):  # what is left takes no full segment: the sender waits (RFC 9293 §3.8.6.2.1)
        me.full_since_ns = packet.time_ns
    if end == peer.window_edge and not peer.marks & WINDOW_IS_ZERO:
        me.window_fulls += 1
        return WINDOW_FULL
    if end > peer.window_edge:
        me.beyond_window += 1
        return BEYOND_WINDOW
    return 0


@kernel
def is_keepalive(packet: Any, me: Any, position: int, end: int) -> bool:
    """One old byte, or none, just below what is expected, when nothing is under way (RFC 9293 §3.8.4)."""
    if position != me.snd_max - 1 or packet.payload > 1 or packet.flags & (SYN | FIN) or was_overtaken(packet, me):
        return False
    return packet.payload == 0 or (me.marks & HAS_ACKED != 0 and me.acked >= end)


@kernel
def keepalive(packet: Any, me: Any) -> int:
    """Counts a keepalive probe; it is answered by any later packet of the other side."""
    me.keepalives += 1
    me.keepalive_run += 1
    me.keepalive_last_ns = packet.time_ns
    me.marks |= KEEPALIVE_WAITING
    return KEEPALIVE


@kernel
def window_probe(me: Any) -> int:
    """Counts a probe of a closed window (RFC 9293 §3.8.6.1)."""
    me.window_probes += 1
    me.marks |= PROBE_WAITING
    return WINDOW_PROBE


@kernel
def repeated(packet: Any, me: Any, peer: Any, position: int, end: int, unseen_ns: int) -> int:
    """Counts a segment that its sender sent again, and says why it did.

    `unseen_ns` is the time since the original was passed over, or -1 where it was seen.
    """
    now_ns = packet.time_ns
    size = segment_bytes(me, peer)
    parts = (packet.payload + size - 1) // size if packet.payload > size else 1
    me.retransmits += parts
    me.repeats_open += parts
    me.retransmit_bytes += packet.payload
    if packet.payload > 0:
        me.retransmit_data += parts
    else:
        me.retransmit_fin += 1
    if unseen_ns >= 0:
        me.lost_before += parts
    if me.retransmit_first_ns == 0:
        me.retransmit_first_ns = now_ns
        me.retransmit_frame = packet.frame
    verdict = RETRANSMISSION
    if me.marks & HAS_ACKED and end <= me.acked:
        me.unneeded += parts
        verdict |= UNNEEDED
    longest_ns = me.repeat_wait_max_ns
    verdict |= cause_of(now_ns, me, peer, position, end, parts, unseen_ns)
    if me.repeat_wait_max_ns > longest_ns:
        me.wait_frame = packet.frame
    if verdict & TAIL_PROBE and me.probe_frame == 0:
        me.probe_frame = packet.frame
    remember_range(packet, me, position, end, verdict)
    me.retransmit_last_ns = now_ns
    if position <= me.rtt_position:
        me.marks &= ~RTT_PENDING  # Karn: a repeated segment times nothing (RFC 6298 §3)
    count_run(packet, me, position)
    return verdict


@kernel
def count_run(packet: Any, me: Any, position: int) -> None:
    """Counts repetitions of one and the same position without progress."""
    if me.run > 0 and position == me.run_seq:
        me.run += 1
        if me.run_payload > LARGE_BYTES and 0 < packet.payload <= LARGE_BYTES:
            me.shrinks += 1
            if me.shrunk_payload == 0 or packet.payload < me.shrunk_payload:
                me.shrunk_payload = packet.payload
    else:
        me.run = 1
        me.run_seq = position
        me.run_frame = packet.frame
    me.run_payload = packet.payload
    if me.run > me.run_max:
        me.run_max = me.run
        me.run_max_frame = me.run_frame


@kernel
def remember_range(packet: Any, me: Any, position: int, end: int, verdict: int) -> None:
    """Keeps which range is being repeated, and the timestamp by which an acknowledgement can tell a repetition from its original."""
    if me.repeat_right == 0 or (me.marks & HAS_ACKED and me.acked >= me.repeat_right):
        me.repeat_left, me.repeat_right = position, end  # what was repeated before has arrived
    else:
        if position < me.repeat_left:
            me.repeat_left = position
        if end > me.repeat_right:
            me.repeat_right = end
    if not verdict & (TIMEOUT | TAIL_PROBE):
        return
    if me.repeat_tsval == 0 and packet.options & OPT_TIMESTAMPS and position == me.repeat_left:
        me.repeat_tsval = packet.tsval


@kernel
def cause_of(now_ns: int, me: Any, peer: Any, position: int, end: int, parts: int, unseen_ns: int) -> int:
    """What made a sender repeat: the receiver's word (duplicate ACKs, SACK), or silence.

    A timer ran out where neither this side has sent nor the other has spoken for a retransmission timeout; away from the sender the
    other's last word is older by a round trip to the sender.
    """
    silent_ns = now_ns - (me.retransmit_last_ns if me.retransmit_last_ns > me.last_sent_ns else me.last_sent_ns)
    if 0 <= unseen_ns < silent_ns:
        silent_ns = unseen_ns  # the original left its sender later than what was seen last
    quiet_ns = now_ns - peer.last_ns if peer.packets > 0 else silent_ns
    again = me.run > 0 and position == me.run_seq
    told = peer.dup_ack_run > 0 or peer.sack_high > position
    recovering = me.marks & (HAS_ACKED | IN_TIMEOUT_RECOVERY) == HAS_ACKED and me.recover > me.acked
    heard_nothing = quiet_ns >= RTO_FLOOR_NS + peer.rtt_min_ns
    if not told and not recovering:  # what the other said meanwhile was no reason
        heard_nothing = silent_ns >= RTO_FLOOR_NS + me.rtt_min_ns
    if silent_ns >= RTO_FLOOR_NS and heard_nothing:
        me.repeat_wait_ns += silent_ns
        if silent_ns > me.repeat_wait_max_ns:
            me.repeat_wait_max_ns = silent_ns
        if again and peer.sack_high > position:
            me.lost_again += parts
        first = not again and not me.marks & IN_TIMEOUT_RECOVERY
        if end >= me.snd_max and first and silent_ns < TAIL_PROBE_LIMIT_NS + 2 * me.rtt_min_ns and probes_tails(me, peer):
            me.tail_probes += 1
            return TAIL_PROBE
        me.timeouts += 1
        me.recover = me.snd_max
        me.marks |= IN_TIMEOUT_RECOVERY
        return TIMEOUT
    if me.marks & IN_TIMEOUT_RECOVERY:
        return 0
    if end >= me.snd_max and not again and not told and me.rtt_min_ns > 0 and silent_ns >= me.rtt_min_ns + (me.rtt_min_ns >> 1):
        me.tail_probes += 1
        return TAIL_PROBE
    if told or recovering:
        me.fast_retransmits += parts
        if again:
            me.lost_again += parts
        if not recovering:
            me.recover = me.snd_max
        return FAST_RETRANSMIT
    return 0


@kernel
def probes_tails(me: Any, peer: Any) -> bool:
    """Whether this side may send tail loss probes: they need SACK (RFC 8985 §7.1); unless both SYNs were seen it is not known."""
    if not me.marks & peer.marks & HAS_ISN:
        return True
    return me.marks & peer.marks & (SACK_OFFERED | OPTIONS_CUT) != 0


@kernel
def was_overtaken(packet: Any, me: Any) -> bool:
    """Whether a packet with the number of a keepalive probe is an older one: it acknowledges less than others before, follows its sender's
    own packets too soon, or carries an earlier number or time than what it would repeat."""
    if packet.flags & ACK and me.marks & HAS_ACK_SENT and ((packet.ack - me.ack_sent) & 0xFFFFFFFF) > 0x7FFFFFFF:
        return True
    if packet.time_ns != 0 and packet.time_ns - me.last_ns < PROBE_IDLE_NS:
        return True
    return left_before_highest(packet, me)


@kernel
def overtaken_by_fin(me: Any, peer: Any, position: int) -> bool:
    """Whether a bare ACK just below the highest position was sent before this side's FIN, which nobody has acknowledged yet."""
    if not me.marks & FIN_SENT or position != me.fin_position or me.keepalives > 0:
        return False
    return bool(peer.last_ns > me.fin_ns and me.acked <= position)


@kernel
def bare(packet: Any, me: Any, peer: Any, position: int) -> int:
    """Judges a packet without payload, SYN, FIN or RST by its sequence number."""
    if not me.marks & HAS_SEQ:
        me.snd_max = position
        me.marks |= HAS_SEQ
        return 0
    if position == me.snd_max - 1 or (position < me.snd_max and me.marks & HAS_ACKED != 0 and position == me.acked - 1):
        if peer.marks & WINDOW_IS_ZERO:
            return window_probe(me)
        probes = position == me.snd_max - 1 and me.packets > 1 and not me.marks & FAST_OPEN_DATA
        if probes and not overtaken_by_fin(me, peer, position) and not was_overtaken(packet, me):
            return keepalive(packet, me)
    if position > me.snd_max:  # something of this side has not passed here
        me.gaps += 1
        open_hole(me, me.snd_max, position, packet.time_ns)
        me.snd_max = position
        return GAP_BEFORE
    return 0
