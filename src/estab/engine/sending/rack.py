"""RACK (RFC 8985): a segment is lost when one that was sent after it has arrived and the reordering window has passed since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.entries import ANY_RETRANSMISSION, LOST, RETRANSMITTED, SACKED, Sent
from estab.engine.sending.profile import TIMEOUT_MIN_US
from estab.engine.sending.timers import set_timer
from estab.engine.sending.variables import RECOVERY, REORDER, min_rtt_us, trouble_of
from estab.laws.backoff import in_ticks

if TYPE_CHECKING:
    from estab.engine.sending.rate import RateSample
    from estab.engine.sending.variables import SendVariables, Trouble

PERSIST_RECOVERIES = 16
"""For so many recoveries a widened reordering window lasts (RFC 8985 §6.2, step 4)."""


def advance(sender: SendVariables, marks: int, end: int, sent_ns: int, now_ns: int) -> None:
    """A segment has arrived: RACK.segment is the one sent last among those (RFC 8985 §6.2, step 2).

    One that was sent again and is acknowledged faster than any round trip ever was is its original; it says nothing.
    """
    rtt_us = (now_ns - sent_ns) // 1000
    if marks & ANY_RETRANSMISSION and rtt_us < min_rtt_us(sender):
        return
    sender.rack_advanced = True
    sender.rack_rtt_us = rtt_us
    if sent_ns > sender.rack_sent_ns or (sent_ns == sender.rack_sent_ns and end > sender.rack_end):
        sender.rack_sent_ns = sent_ns
        sender.rack_end = end


def reordering_window_us(sender: SendVariables) -> int:
    """How long a segment may be overdue (RFC 8985 §6.2, step 4); 0 in recovery and by the third duplicate while no reordering was seen."""
    trouble = trouble_of(sender)
    if not trouble.reord_seen and (
        sender.ca_state >= RECOVERY or (sender.sacked_out >= trouble.reordering and not sender.limits.rack_ignores_dupthresh)
    ):
        return 0
    return min((min_rtt_us(sender) >> 2) * trouble.reo_wnd_steps, sender.estimate.srtt8_us >> 3)


def remaining_us(sender: SendVariables, entry: Sent, window_us: int, now_ns: int) -> int:
    """How long until an entry counts as lost; 0 or less: it does."""
    return sender.rack_rtt_us + window_us - (now_ns - entry.sent_ns) // 1000


def mark_lost(sender: SendVariables, entry: Sent) -> None:
    """Believes an entry lost; one that was sent again and is lost again goes back among those to be sent."""
    marks = entry.marks
    if marks & SACKED:
        return
    trouble = trouble_of(sender)
    hint = trouble.retransmit_hint
    if sender.retrans_out >= sender.lost_out if hint is None else entry.start < hint.start:
        trouble.retransmit_hint = entry
    segments = entry.segments
    if not marks & LOST:
        sender.lost_out += segments
    elif not marks & RETRANSMITTED:
        return
    if marks & RETRANSMITTED:
        sender.retrans_out -= segments
        sender.counters["TcpExt.TCPLostRetransmit"] += segments
    entry.marks = (marks | LOST) & ~RETRANSMITTED
    trouble.lost += segments


def start_order(sender: SendVariables, trouble: Trouble) -> None:
    """From now on the order of transmission is kept: entries not retransmitted are in it already."""
    order: dict[Sent, None] = {}
    entry = sender.head
    again: list[Sent] = []
    while entry is not None:
        if not entry.marks & SACKED and (not entry.marks & LOST or entry.marks & RETRANSMITTED):
            if entry.marks & ANY_RETRANSMISSION:
                again.append(entry)
            else:
                order[entry] = None
        entry = entry.next
    if again:
        members = sorted((*order, *again), key=lambda member: (member.sent_ns, member.end))
        order = dict.fromkeys(members)
    trouble.sent_order = order


def detect(sender: SendVariables, now_ns: int) -> int:
    """Marks what is lost (RFC 8985 §6.2, step 5); gives how long to wait for what may yet arrive, 0: nothing to wait for."""
    trouble = trouble_of(sender)
    if trouble.sent_order is None:
        start_order(sender, trouble)
    order = trouble.sent_order
    assert order is not None
    window_us = reordering_window_us(sender)
    sent_ns, end = sender.rack_sent_ns, sender.rack_end
    wait_us = 0
    lost: list[Sent] = []
    for entry in order:
        if entry.sent_ns > sent_ns or (entry.sent_ns == sent_ns and entry.end >= end):
            break
        left_us = remaining_us(sender, entry, window_us, now_ns)
        if left_us <= 0:
            lost.append(entry)
        elif left_us > wait_us:
            wait_us = left_us
    for entry in lost:
        mark_lost(sender, entry)
        del order[entry]
    return wait_us


def find_losses(sender: SendVariables, now_ns: int) -> bool:
    """After an ACK: marks what is lost, and sets the timer for what may become so; True where it was set."""
    if not sender.rack_advanced:
        return False
    sender.rack_advanced = False
    wait_us = detect(sender, now_ns)
    if wait_us:
        set_timer(sender, REORDER, in_ticks(wait_us + TIMEOUT_MIN_US, sender.profile.tick_us), now_ns)
    return wait_us > 0


def adapt_window(sender: SendVariables, sample: RateSample) -> None:
    """D-SACKs say that the reordering window was too small: it grows by one step a round trip, and shrinks after 16 recoveries."""
    trouble = sender.trouble
    if trouble is None or sender.limits.rack_static_window or not sample.prior_delivered:
        return
    if sample.prior_delivered < trouble.reo_wnd_delivered:
        trouble.dsack_seen = False
    if trouble.dsack_seen:
        trouble.reo_wnd_steps = min(0xFF, trouble.reo_wnd_steps + 1)
        trouble.dsack_seen = False
        trouble.reo_wnd_delivered = sender.delivered
        trouble.reo_wnd_persist = PERSIST_RECOVERIES
    elif not trouble.reo_wnd_persist:
        trouble.reo_wnd_steps = 1
