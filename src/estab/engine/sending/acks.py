"""One ACK from beginning to end (tcp_ack): window, SACK, what is done with, round trip, states, growth, timer, what is sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending import chronograph, newreno, persist, rack, tlp
from estab.engine.sending.ack import Ack
from estab.engine.sending.entries import ANY_RETRANSMISSION, LOST, RETRANSMITTED, SACKED
from estab.engine.sending.flags import (
    ADVANCED,
    ALERT,
    CONGESTION_ECHOED,
    DATA_ACKED,
    DSACKED,
    FORWARD,
    MAYBE_DELAYED,
    NOT_DUPLICATE,
    ORIGINAL_ARRIVED,
    RENEGED,
    RETRANSMITTED_ACKED,
    SET_TIMER,
    WINDOW_CHANGED,
    WITH_DATA,
)
from estab.engine.sending.mtu import apply_mss, probe_succeeded
from estab.engine.sending.outgoing import AckResult
from estab.engine.sending.pacing import update
from estab.engine.sending.rate import arrived, conclude
from estab.engine.sending.recovery import alert
from estab.engine.sending.reduction import grow_or_reduce
from estab.engine.sending.retransmit import cut, resend_lost
from estab.engine.sending.rtt import measured
from estab.engine.sending.scoreboard import frontier, note_reordering, take_blocks
from estab.engine.sending.timers import set_after_ack
from estab.engine.sending.undo import echo_is_before
from estab.engine.sending.validation import restart_after_idle
from estab.engine.sending.variables import OPEN, RESEND_LOST, RESEND_NOTHING, in_flight, share_position
from estab.instant import MILLISECOND_NS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from estab.engine.sending.entries import Sent
    from estab.engine.sending.variables import SendVariables


def process(
    sender: SendVariables,
    number: int,
    seg_seq: int,
    seg_len: int,
    window: int,
    sack: Sequence[tuple[int, int]],
    tsecr_ns: int | None,
    ece: bool,
    now_ns: int,
) -> AckResult:
    """Works through an acceptable ACK of number `number`; one below SND.UNA still counts for its SACK blocks."""
    prior_una = sender.snd_una
    ack = Ack(number, prior_una, sender.delivered, in_flight(sender), tsecr_ns, now_ns)
    trouble = sender.trouble
    ack.prior_lost = trouble.lost if trouble is not None else 0
    ack.prior_frontier = frontier(sender) if sender.sack_ok else prior_una
    sender.corked_write = False
    if number < prior_una:
        return _process_old(sender, ack, sack)
    if number > prior_una:
        ack.flags |= ADVANCED
        sender.retransmits = 0
        if trouble is not None:
            trouble.silent_since_ns = -1
    if seg_len:
        ack.flags |= WITH_DATA
    if ack.flags & ADVANCED and window == sender.snd_wnd and not sack and not ece:
        sender.counters["TcpExt.TCPHPAcks"] += 1
    elif not seg_len:
        sender.counters["TcpExt.TCPPureAcks"] += 1
    update_window(sender, ack, seg_seq, window)
    if sack and sender.sack_ok:
        take_blocks(sender, sack, ack)
    if ece and sender.options.ecn:
        ack.flags |= CONGESTION_ECHOED
    sender.soft_errno = 0
    sender.probes_out = 0
    sender.last_ack_ns = now_ns
    if not sender.packets_out:
        if ack.flags & DSACKED:
            alert(sender, ack)
        persist.on_answer(sender, now_ns)
        if sender.trouble is not None and sender.trouble.tlp_high_seq:
            tlp.settle(sender, ack)
        return _result(sender, ack)
    release(sender, ack)
    trouble = sender.trouble
    if trouble is not None:
        rack.adapt_window(sender, ack.sample)
        if trouble.tlp_high_seq:
            tlp.settle(sender, ack)
    if not ack.flags & NOT_DUPLICATE or ack.flags & ALERT or sender.ca_state is not OPEN:
        if not ack.flags & (ADVANCED | NOT_DUPLICATE | DSACKED):
            ack.duplicates = 1
        alert(sender, ack)
    if ack.flags & SET_TIMER:
        set_after_ack(sender, now_ns)
    _finish(sender, ack)
    return _result(sender, ack)


def _process_old(sender: SendVariables, ack: Ack, sack: Sequence[tuple[int, int]]) -> AckResult:
    """An ACK that was overtaken: its SACK blocks may be news all the same."""
    if sack and sender.sack_ok:
        take_blocks(sender, sack, ack)
        alert(sender, ack)
        _xmit_recovery(sender, ack.now_ns)
    return _result(sender, ack)


def _finish(sender: SendVariables, ack: Ack) -> None:
    """Rate, growth, pacing, and what is sent again."""
    trouble = sender.trouble
    delivered = sender.delivered - ack.prior_delivered
    if delivered:
        sender.counters["TcpExt.TCPDelivered"] += delivered
        if ack.flags & CONGESTION_ECHOED and trouble is not None:
            sender.counters["TcpExt.TCPDeliveredCE"] += delivered
            trouble.delivered_ce += delivered
    lost = trouble.lost - ack.prior_lost if trouble is not None else 0
    ack.sample.is_ack_delayed = ack.flags & MAYBE_DELAYED != 0
    conclude(sender, ack.sample, delivered, lost, ack.now_ns, reneging=trouble is not None and trouble.reneging)
    grow_or_reduce(sender, ack, delivered, lost)
    if sender.pacing is not None:
        update(sender)
    _xmit_recovery(sender, ack.now_ns)
    if trouble is not None and sender.ca_state is OPEN and not (sender.sacked_out or sender.lost_out or sender.retrans_out):
        trouble.sent_order = None
        trouble.retransmit_hint = trouble.sack_frontier = None
        trouble.sack_blocks = ()


def _xmit_recovery(sender: SendVariables, now_ns: int) -> None:
    """Sends again what an ACK has shown to be lost; where new data is to go first, `Sender.next` sees to the rest."""
    if sender.resend == RESEND_LOST:
        sender.resend = RESEND_NOTHING
        resend_lost(sender, now_ns)


def _result(sender: SendVariables, ack: Ack) -> AckResult:
    flags = ack.flags
    return AckResult(
        ack.acked_bytes,
        sender.fin_position is not None and sender.snd_una > sender.fin_position,
        flags & (ADVANCED | NOT_DUPLICATE) == 0,
        flags & WINDOW_CHANGED != 0,
        flags & FORWARD != 0,
    )


def update_window(sender: SendVariables, ack: Ack, seg_seq: int, window: int) -> None:
    """Takes over SND.WND if the segment is newer, and SND.UNA (RFC 9293 §3.10.7.4, fifth step; a wider window counts from equals too)."""
    number = ack.ack
    if number > sender.snd_una or seg_seq > sender.snd_wl1 or (seg_seq == sender.snd_wl1 and (window > sender.snd_wnd or not window)):
        ack.flags |= WINDOW_CHANGED
        sender.snd_wl1 = seg_seq
        if sender.snd_wnd != window:
            sender.snd_wnd = window
            if sender.snd_nxt < sender.write_seq:
                restart_after_idle(sender, ack.now_ns)
            if window > sender.max_snd_wnd:
                sender.max_snd_wnd = window
                apply_mss(sender)
    ack.acked_bytes = number - sender.snd_una
    sender.snd_una = number


def release(sender: SendVariables, ack: Ack) -> None:
    """Takes from the queue what is acknowledged, learns from it, measures the round trip (tcp_clean_rtx_queue)."""
    una = sender.snd_una
    prior_sacked = sender.sacked_out
    reordered_from = sender.snd_nxt
    first_ns = last_ns = -1
    acked = 0
    entry: Sent | None = sender.head
    now_ns = ack.now_ns
    whole = True
    while entry is not None:
        if entry.end > una:
            if entry.segments == 1 or una <= entry.start or not _cut_acked(sender, entry, una):
                break
            whole = entry.end == una
        marks = entry.marks
        segments = entry.segments
        if marks & ANY_RETRANSMISSION:
            if marks & RETRANSMITTED:
                sender.retrans_out -= segments
            ack.flags |= RETRANSMITTED_ACKED
        elif not marks & SACKED:
            last_ns = entry.sent_ns
            if first_ns < 0:
                first_ns = last_ns
            reordered_from = min(reordered_from, max(entry.start, ack.prior_una))
            if sender.trouble is not None and entry.end <= sender.trouble.high_seq:
                ack.flags |= ORIGINAL_ARRIVED
        if marks & SACKED:
            sender.sacked_out -= segments
        elif sender.sack_ok:
            sender.delivered += segments
            if not (marks & ANY_RETRANSMISSION and echo_is_before(ack, entry.sent_ns)):
                rack.advance(sender, marks, entry.end, entry.sent_ns, now_ns)
        if marks & LOST:
            sender.lost_out -= segments
        sender.packets_out -= segments
        acked += segments
        arrived(sender, entry, ack.sample)
        entry = _unlink(sender, entry)
    if entry is None:
        chronograph.stop(sender, chronograph.BUSY, now_ns)
        share_position(sender, una)
    elif entry.marks & SACKED:
        ack.flags |= RENEGED
    if acked:
        ack.flags |= DATA_ACKED
    _measure(sender, ack, entry, acked, prior_sacked, first_ns, last_ns, whole=whole)
    if acked:
        _after_release(sender, ack, acked, reordered_from)
    sender.congestion.acked(sender, ack.sample.rtt_us, acked, now_ns)


def _cut_acked(sender: SendVariables, entry: Sent, una: int) -> bool:
    """Cuts off what is acknowledged of a large segment, as whole segments; False where that is not even one."""
    length = (una - entry.start) // sender.mss_bytes * sender.mss_bytes
    if not length:
        return False
    cut(sender, entry, length)
    return True


def _unlink(sender: SendVariables, entry: Sent) -> Sent | None:
    """Removes the entry at the front; gives the one behind it."""
    following = entry.next
    entry.next = None
    sender.head = following
    if following is None:
        sender.tail = None
    sender.wmem_bytes -= len(entry.payload) + entry.overhead_bytes
    trouble = sender.trouble
    if trouble is not None:
        if trouble.retransmit_hint is entry:
            trouble.retransmit_hint = None
        if trouble.sack_frontier is entry:
            trouble.sack_frontier = following
        if trouble.sent_order is not None:
            trouble.sent_order.pop(entry, None)
    return following


def _measure(
    sender: SendVariables, ack: Ack, front: Sent | None, acked: int, prior_sacked: int, first_ns: int, last_ns: int, *, whole: bool
) -> None:
    """The round trip that this ACK shows, if it shows one: of what was sent once (Karn), or else by the echoed timestamp (RTTM)."""
    now_ns = ack.now_ns
    sample = ack.sample
    rtt_us = latest_us = sack_us = -1
    if first_ns >= 0 and not ack.flags & RETRANSMITTED_ACKED:
        rtt_us = (now_ns - first_ns) // 1000
        latest_us = (now_ns - last_ns) // 1000
        if (
            acked == 1
            and whole
            and not prior_sacked
            and ack.acked_bytes < sender.mss_bytes
            and sample.prior_delivered + 1 == sender.delivered
            and not ack.flags & ALERT
        ):
            ack.flags |= MAYBE_DELAYED
    if ack.first_sack_ns >= 0:
        sack_us = (now_ns - ack.first_sack_ns) // 1000
        latest_us = (now_ns - ack.last_sack_ns) // 1000
    if rtt_us < 0:
        rtt_us = sack_us
    if rtt_us < 0 and ack.tsecr_ns is not None and acked:
        ticks = now_ns // MILLISECOND_NS - ack.tsecr_ns // MILLISECOND_NS
        rtt_us = latest_us = max(ticks, 1) * 1000
    sample.rtt_us = latest_us
    if rtt_us >= 0:
        measured(sender, rtt_us, latest_us, now_ns, maybe_delayed=ack.flags & MAYBE_DELAYED != 0)
        if not acked and front is not None and sack_us >= 0 and sack_us > (now_ns - front.sent_ns) // 1000:
            # Sent after the front was sent last: the timer may start anew, else it would be put off for ever during recovery.
            ack.flags |= SET_TIMER
    if acked:
        ack.flags |= SET_TIMER


def _after_release(sender: SendVariables, ack: Ack, acked: int, reordered_from: int) -> None:
    """What acknowledged segments mean for probes of the MTU, for duplicates counted before, and for reordering."""
    path = sender.path
    if path is not None and path.probe_bytes and path.probe_end <= sender.snd_una:
        probe_succeeded(sender, path)
    if not sender.sack_ok:
        newreno.remove_acked(sender, acked)
        if ack.flags & RETRANSMITTED_ACKED:
            ack.flags &= ~ORIGINAL_ARRIVED
    elif reordered_from < ack.prior_frontier:
        note_reordering(sender, reordered_from)
