"""What new data may leave now: the windows, Nagle and its variants, PSH, FIN and the urgent mark (tcp_write_xmit, and RFC 9293 §3.8.6.2.1).

A segment is cut from the first unsent record, filled up from the next where that is short.  It leaves if the congestion window has
room, if the part of it that fits one MSS lies within the peer's window as a whole (which is how Linux avoids silly windows: a piece is
never cut off just because the window is small, the window probe does that), and if Nagle does not hold it back.  When nothing more may
leave, the burst is concluded: it is remembered what stopped it, and the timer becomes a tail loss probe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending import chronograph
from estab.engine.sending.buffer import OVERHEAD_BYTES
from estab.engine.sending.entries import Sent
from estab.engine.sending.mtu import probe_left, probe_length
from estab.engine.sending.outgoing import Outgoing
from estab.engine.sending.pacing import RECENT_NS, account, burst_limit, must_wait
from estab.engine.sending.rate import stamp
from estab.engine.sending.room import check_room
from estab.engine.sending.timers import check_window_probe, rearm_rto, schedule_loss_probe
from estab.engine.sending.validation import validate
from estab.engine.sending.variables import CORKED, CWR, LOSS_PROBE, NAGLE_OFF, PUSH_NOW, RECOVERY, in_flight, is_urgent, window_end
from estab.laws.window import minshall_waits

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables


def holds_back(sender: SendVariables, nagle: int) -> bool:
    """Whether Nagle (Minshall's variant) or a cork keeps a segment that is not full; the user may still add to it."""
    if nagle & CORKED:
        return True
    return not nagle and sender.packets_out > 0 and minshall_waits(sender.snd_sml, sender.snd_una, sender.snd_nxt)


def ends_with_small_fin(sender: SendVariables) -> bool:
    """The next segment is the last and bears the FIN: the congestion window does not hold that back (Linux up to 6.9)."""
    return sender.fin_position is not None and sender.fin_position - sender.snd_nxt <= sender.mss_bytes


def gathered(sender: SendVariables, wanted: int) -> tuple[int, bool]:
    """Unsent bytes that one segment may be cut from, and whether they are all there are.

    Records that were cut with a smaller MSS are joined again: one that is short is filled up from the next (tcp_grow_skb), unless it
    must end where it ends.
    """
    if sender.buffer is None:
        return 0, True
    records = sender.buffer.records
    first = records[0]
    length = first.end - sender.snd_nxt
    if len(records) == 1 or first.eor or length >= wanted:
        return length, len(records) == 1
    both = records[1].end - sender.snd_nxt
    return (both, len(records) == 2) if both <= wanted else (wanted, False)


def next_length(sender: SendVariables, now_ns: int, *, forced: bool) -> int:
    """Bytes of the next new segment, a FIN not counted; negative: none may leave, and what forbids it is noted.

    `forced`: one segment may leave beside the congestion window and Nagle (a tail loss probe).
    """
    room = sender.cwnd - in_flight(sender)
    if room <= 0:
        if not forced and not ends_with_small_fin(sender):
            sender.burst_cwnd_limited = True
            return -1
        room = 1
    quota = min(max(sender.cwnd >> 1, 1), room)
    mss = sender.mss_bytes - sender.option_bytes
    limit = burst_limit(sender)
    length, is_last = gathered(sender, mss * min(quota, limit))
    window = window_end(sender) - sender.snd_nxt
    fin = is_last and sender.fin_position is not None
    nagle = sender.nagle | (CORKED if sender.corked_write else 0)
    if forced:
        nagle, quota = NAGLE_OFF, 1
    if length <= mss:
        if length + fin > window:
            sender.burst_rwnd_limited = True
            return -1
        if length < mss and is_last and not fin and not nagle & PUSH_NOW and not is_urgent(sender) and holds_back(sender, nagle):
            return -1
        return length
    if mss > window:
        sender.burst_rwnd_limited = True
        return -1
    if limit == 1:
        return mss
    if not forced and waits_to_grow(sender, length, window, room * mss, limit * mss, is_last=is_last, fin=fin, now_ns=now_ns):
        return -1
    if is_urgent(sender):
        return mss
    most = mss * min(quota, limit)
    if most <= window and not is_last:
        return min(most, length)
    wanted = min(length, window)
    if most <= wanted:
        return most
    partial = wanted % mss
    return wanted - partial if partial and holds_back(sender, nagle if is_last else PUSH_NOW) else wanted


def waits_to_grow(
    sender: SendVariables, length: int, window: int, cwnd_room: int, largest: int, *, is_last: bool, fin: bool, now_ns: int
) -> bool:
    """Whether a large segment should wait for the next ACK to become larger (tcp_tso_should_defer)."""
    head = sender.head
    if sender.ca_state >= RECOVERY or head is None or now_ns - sender.last_sent_ns > RECENT_NS:
        return False
    limit = min(window, cwnd_room)
    if limit >= largest or (not is_last and limit >= length):
        return False
    divisor = sender.profile.tso_win_divisor
    share = min(sender.snd_wnd, sender.cwnd * sender.mss_bytes) // divisor if divisor else 3 * sender.mss_bytes + 1
    if limit >= share:
        return False
    round_trip_ns = sender.estimate.srtt8_us * 125
    if head.sent_ns + round_trip_ns - now_ns > min(round_trip_ns >> 1, RECENT_NS):
        return False
    if cwnd_room < window:
        if cwnd_room <= length:
            sender.burst_cwnd_limited = True
            return True
    elif window <= length:
        sender.burst_rwnd_limited = True
        return True
    return not fin


def emit(sender: SendVariables, length: int, now_ns: int) -> Outgoing:
    """Cuts `length` bytes (and the FIN, where they end in front of it) from what is unsent and puts them under way."""
    start = sender.snd_nxt
    buffer = sender.buffer
    psh = eor = False
    overhead = 0
    payload = b""
    if length:
        assert buffer is not None
        payload = buffer.take(length)
        records = buffer.records
        while records and records[0].end <= start + length:
            record = records.popleft()
            psh, eor = psh or record.push, record.eor
            if overhead:
                sender.wmem_bytes -= OVERHEAD_BYTES  # two that were joined count as one
            overhead = OVERHEAD_BYTES
        if not records:
            sender.buffer = None
    end = start + length
    fin = end == sender.fin_position
    if fin:
        end += 1
        overhead = OVERHEAD_BYTES
    mss = sender.mss_bytes - sender.option_bytes
    segments = 1 if length <= mss else -(-length // mss)
    if segments > 1:
        psh = True  # a large segment is pushed, so that the receiver's own joining ends with it
    if length < segments * mss:
        sender.snd_sml = end
    entry = Sent(start, end, payload, segments, fin, psh, now_ns)
    entry.overhead_bytes, entry.eor = overhead, eor
    stamp(sender, entry, now_ns)
    tail = sender.tail
    if tail is None:
        sender.head = entry
    else:
        tail.next = entry
    sender.tail = entry
    trouble = sender.trouble
    cwr = False
    if trouble is not None:
        if trouble.sent_order is not None:
            trouble.sent_order[entry] = None
        if trouble.sack_frontier is None:
            trouble.sack_frontier = entry
        if trouble.ecn_cwr_due and length:
            cwr, trouble.ecn_cwr_due = True, False
        if sender.ca_state is RECOVERY or sender.ca_state is CWR:
            trouble.prr_out += segments
    if sender.packets_out == sender.sacked_out + sender.lost_out - sender.retrans_out:
        sender.congestion.started(sender, now_ns)
    was_empty = not sender.packets_out
    sender.snd_nxt = end
    sender.packets_out += segments
    sender.burst_segments += segments
    sender.last_sent_ns = now_ns
    sender.data_segs_out += segments
    sender.counters["TcpExt.TCPOrigDataSent"] += segments
    if was_empty or sender.timer_kind == LOSS_PROBE:
        rearm_rto(sender, now_ns)
    if sender.pacing is not None:
        account(sender, length, now_ns)
    urgent = sender.snd_up - 1 if sender.snd_up > start else None
    return Outgoing(start, payload, fin, psh, False, segments, urgent, sender.options.ecn and length > 0, cwr)


def emit_probe(sender: SendVariables, length: int, now_ns: int) -> Outgoing:
    """A segment larger than the others, to find out whether the path takes it."""
    small = sender.snd_sml
    outgoing = emit(sender, length, now_ns)
    sender.snd_sml = small
    probe_left(sender, outgoing.seq, outgoing.end)
    entry = sender.tail
    assert entry is not None
    sender.packets_out -= entry.segments - 1
    sender.burst_segments -= entry.segments - 1
    entry.segments = outgoing.segments = 1
    outgoing.psh = False
    return outgoing


def next_new(sender: SendVariables, now_ns: int) -> Outgoing | None:
    """The next segment of new data, or None: then the burst is concluded."""
    if sender.snd_nxt < sender.write_seq and (sender.pacing is None or not must_wait(sender, now_ns)):
        probe = probe_length(sender, now_ns) if sender.path is not None else 0
        if probe > 0:
            return emit_probe(sender, probe, now_ns)
        length = next_length(sender, now_ns, forced=False) if not probe else -1
        if length >= 0:
            return emit(sender, length, now_ns)
    conclude_burst(sender, now_ns)
    return None


def conclude_burst(sender: SendVariables, now_ns: int) -> None:
    """Nothing more leaves for now: what follows from what has left and from what stopped it."""
    sent = sender.burst_segments
    if sender.burst_rwnd_limited:
        chronograph.start(sender, chronograph.RWND_LIMITED, now_ns)
        sender.burst_rwnd_limited = False
    elif sender.chronograph is not None:
        chronograph.stop(sender, chronograph.RWND_LIMITED, now_ns)
    cwnd_limited = sender.burst_cwnd_limited or in_flight(sender) >= sender.cwnd
    sender.burst_cwnd_limited = False
    if sent:
        buffer = sender.buffer
        tail = sender.tail
        if buffer is not None and buffer.records and tail is not None and not tail.overhead_bytes:
            # The burst ended within a record: Linux has cut it in two, and the part that left counts for itself.
            tail.overhead_bytes = OVERHEAD_BYTES
            sender.wmem_bytes += OVERHEAD_BYTES
        sender.burst_segments = 0
    if (sent or cwnd_limited) and (sent or sender.snd_nxt < sender.write_seq):
        validate(sender, now_ns, is_cwnd_limited=cwnd_limited)
    if sender.wants_room and sender.snd_una != sender.short_una:
        check_room(sender, now_ns)
    if sent:
        schedule_loss_probe(sender, now_ns, advancing_rto=False)
    elif not sender.packets_out:
        check_window_probe(sender, now_ns)
