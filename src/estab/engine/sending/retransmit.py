"""Sending again: one entry, or all that is lost as far as the windows allow (tcp_xmit_retransmit_queue)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from estab.engine.sending.entries import EVER_RETRANSMITTED, LOST, RETRANSMITTED, SACKED, Sent, split
from estab.engine.sending.outgoing import Outgoing
from estab.engine.sending.pacing import account, burst_limit, must_wait
from estab.engine.sending.timers import set_timer
from estab.engine.sending.variables import CWR, LOSS, RECOVERY, REORDER, RETRANSMIT, in_flight, trouble_of, window_end

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables


def put_ready(sender: SendVariables, outgoing: Outgoing) -> None:
    """Puts a segment before everything that `next` would choose."""
    if sender.ready is None:
        sender.ready = deque()
    sender.ready.append(outgoing)


def cut(sender: SendVariables, entry: Sent, length: int) -> Sent:
    """Splits an entry and keeps all counts and orders right; gives the second part."""
    before = entry.segments
    rest = split(entry, length, sender.mss_bytes)
    if sender.tail is entry:
        sender.tail = rest
    recount(sender, entry, entry.segments + rest.segments - before)
    trouble = sender.trouble
    if trouble is not None and trouble.sent_order is not None and entry in trouble.sent_order:
        place_behind(trouble.sent_order, entry, rest)
    return rest


def place_behind(order: dict[Sent, None], entry: Sent, new: Sent) -> None:
    """Puts `new` directly behind `entry` in an order."""
    members = list(order)
    at = members.index(entry) + 1
    for member in members[at:]:
        del order[member]
    order[new] = None
    for member in members[at:]:
        order[member] = None


def recount(sender: SendVariables, entry: Sent, difference: int) -> None:
    """The number of segments of an entry has changed by so many."""
    if difference:
        sender.packets_out += difference
        marks = entry.marks
        if marks & SACKED:
            sender.sacked_out += difference
        if marks & RETRANSMITTED:
            sender.retrans_out += difference
        if marks & LOST:
            sender.lost_out += difference


def resend(sender: SendVariables, entry: Sent, most_segments: int, now_ns: int) -> bool:
    """Sends an entry again, cut to `most_segments` and to the window; False where the window has shrunk below it.

    The entry at SND.UNA goes out even into a closed window, and so serves as its probe.  Small neighbours are joined up to one MSS.
    Marks and counts of retransmissions are the caller's: a tail loss probe has none.
    """
    mss = sender.mss_bytes
    window = window_end(sender) - entry.start
    if window <= 0:
        if entry.start != sender.snd_una:
            return False
        window = mss
    if sender.path is not None and sender.path.probe_bytes:
        sender.path.probe_bytes = 0
    length = min(mss * most_segments, window)
    if length == window > mss:
        length -= length % mss
    if len(entry.payload) > length:
        cut(sender, entry, length)
    else:
        segments = max(1, -(-len(entry.payload) // mss))
        difference = segments - entry.segments
        if difference:
            entry.segments = segments
            recount(sender, entry, difference)
        if len(entry.payload) < min(window, mss):
            join_followers(sender, entry, min(window, mss))
    trouble = trouble_of(sender)
    trouble.total_retrans += entry.segments
    trouble.bytes_retrans += len(entry.payload)
    sender.counters["Tcp.RetransSegs"] += entry.segments
    if in_flight(sender) == 0:
        sender.congestion.started(sender, now_ns)
    entry.sent_ns = now_ns
    entry.marks |= EVER_RETRANSMITTED
    entry.delivered_ns, entry.delivered = sender.delivered_ns, sender.delivered
    entry.first_sent_ns, entry.app_limited = sender.first_sent_ns, sender.app_limited != 0
    if entry.payload:
        sender.last_sent_ns = now_ns
        sender.data_segs_out += entry.segments
    urgent = sender.snd_up - 1 if sender.snd_up > entry.start else None
    psh = entry.psh or entry.segments > 1
    put_ready(sender, Outgoing(entry.start, entry.payload, entry.fin, psh, True, entry.segments, urgent, False, False))
    if sender.pacing is not None:
        account(sender, len(entry.payload), now_ns)
    return True


def join_followers(sender: SendVariables, entry: Sent, room: int) -> None:
    """Joins small entries that follow into this one, as long as all fits one segment (tcp_retrans_try_collapse)."""
    trouble = sender.trouble
    while not entry.eor:
        follower = entry.next
        if (
            follower is None
            or entry.segments > 1
            or follower.segments > 1
            or (entry.marks | follower.marks) & SACKED
            or len(entry.payload) + len(follower.payload) > room
            or entry.end + len(follower.payload) + follower.fin > window_end(sender)
        ):
            return
        recount(sender, follower, -follower.segments)
        entry.payload += follower.payload
        entry.end, entry.fin, entry.eor = follower.end, follower.fin, follower.eor
        entry.psh |= follower.psh
        entry.overhead_bytes = max(entry.overhead_bytes, follower.overhead_bytes)
        entry.marks |= follower.marks & EVER_RETRANSMITTED
        entry.next, follower.next = follower.next, None
        if sender.tail is follower:
            sender.tail = entry
        if trouble is not None:
            if trouble.sent_order is not None:
                trouble.sent_order.pop(follower, None)
            if trouble.retransmit_hint is follower:
                trouble.retransmit_hint = entry
            if trouble.sack_frontier is follower:
                trouble.sack_frontier = entry.next


def retransmit(sender: SendVariables, entry: Sent, most_segments: int, now_ns: int) -> bool:
    """Sends an entry again and counts it as a retransmission that is under way."""
    sent = resend(sender, entry, most_segments, now_ns)
    trouble = trouble_of(sender)
    if sent:
        entry.marks |= RETRANSMITTED
        sender.retrans_out += entry.segments
        if trouble.sent_order is not None:
            trouble.sent_order.pop(entry, None)
            trouble.sent_order[entry] = None
    if trouble.silent_since_ns < 0:
        trouble.silent_since_ns = entry.sent_ns
    if trouble.retrans_stamp_ns < 0:
        trouble.retrans_stamp_ns = entry.sent_ns
    trouble.undo_retrans = max(trouble.undo_retrans, 0) + entry.segments
    return sent


def resend_lost(sender: SendVariables, now_ns: int) -> None:
    """Sends again what is lost and not yet sent again, from the front, as far as the congestion window allows."""
    trouble = sender.trouble
    if trouble is None or not sender.packets_out:
        return
    head = sender.head
    entry = trouble.retransmit_hint or head
    limit = burst_limit(sender)
    hole: Sent | None = None
    rearm = False
    while entry is not None:
        if hole is None:
            trouble.retransmit_hint = entry
        room = sender.cwnd - in_flight(sender)
        if room <= 0 or sender.retrans_out >= sender.lost_out or must_wait(sender, now_ns):
            break
        marks = entry.marks
        if not marks & LOST:
            if hole is None and not marks & (RETRANSMITTED | SACKED):
                hole = entry
        elif not marks & (SACKED | RETRANSMITTED):
            if not retransmit(sender, entry, min(room, limit), now_ns):
                break
            name = "TcpExt.TCPSlowStartRetrans" if sender.ca_state is LOSS else "TcpExt.TCPFastRetrans"
            sender.counters[name] += entry.segments
            if sender.ca_state is RECOVERY or sender.ca_state is CWR:
                trouble.prr_out += entry.segments
            if entry is head and sender.timer_kind != REORDER:
                rearm = True
        entry = entry.next
    if rearm:
        set_timer(sender, RETRANSMIT, sender.rto_us, now_ns)
