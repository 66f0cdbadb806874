"""The straight path of an ACK: something new is acknowledged in order, nothing is wrong, nothing is reported (header prediction).

It does exactly what `acks.process` does for such an ACK, without asking for what cannot be; a test holds the two together.  Where an ACK
turns out not to be of this kind nothing has been changed, and the answer is None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending import chronograph
from estab.engine.sending.outgoing import AckResult
from estab.engine.sending.pacing import update
from estab.engine.sending.rtt import measured
from estab.engine.sending.timers import set_after_ack
from estab.engine.sending.variables import OPEN, share_position

if TYPE_CHECKING:
    from estab.engine.sending.entries import Sent
    from estab.engine.sending.variables import SendVariables, Trouble


def is_calm(trouble: Trouble) -> bool:
    """Nothing that was remembered of troubles asks for work with the next ACK."""
    return (
        trouble.sent_order is None
        and not trouble.tlp_high_seq
        and not trouble.dsack_seen
        and (trouble.reo_wnd_steps == 1 or trouble.reo_wnd_persist > 0)
    )


def take(sender: SendVariables, number: int, seg_seq: int, seg_len: int, window: int, now_ns: int) -> AckResult | None:
    """Works through an ACK without SACK blocks and without ECN echo, if it is a straight one."""
    una = sender.snd_una
    if (
        number <= una
        or sender.ca_state is not OPEN
        or sender.sacked_out
        or sender.lost_out
        or sender.retrans_out
        or window > sender.max_snd_wnd
        or sender.path is not None
        or sender.congestion.models
        or not sender.sack_ok
        or ((trouble := sender.trouble) is not None and not is_calm(trouble))
    ):
        return None
    head = entry = sender.head
    last = None
    segments = freed = 0
    while entry is not None and entry.end <= number:
        if entry.marks or entry.delivered_ns < 0:
            return None
        segments += entry.segments
        freed += len(entry.payload) + entry.overhead_bytes
        last = entry
        entry = entry.next
    if last is None or head is None or (entry is not None and (entry.start < number or entry.marks)):
        return None
    sender.corked_write = False
    sender.retransmits = 0
    if trouble is not None:
        trouble.silent_since_ns = -1
    if window == sender.snd_wnd:
        sender.counters["TcpExt.TCPHPAcks"] += 1
    else:
        if not seg_len:
            sender.counters["TcpExt.TCPPureAcks"] += 1
        sender.snd_wnd = window
    sender.snd_wl1 = seg_seq
    sender.snd_una = number
    sender.soft_errno = sender.probes_out = 0
    sender.last_ack_ns = now_ns
    sender.packets_out -= segments
    sender.wmem_bytes -= freed
    sender.head = entry
    last.next = None
    if entry is None:
        sender.tail = None
        chronograph.stop(sender, chronograph.BUSY, now_ns)
        share_position(sender, number)
    _learn(sender, head, last, segments, number - una, now_ns)
    return AckResult(number - una, sender.fin_position is not None and number > sender.fin_position, False, True, True)


def _learn(sender: SendVariables, first: Sent, last: Sent, segments: int, acked_bytes: int, now_ns: int) -> None:
    """Round trip, delivery rate, growth and timer; `first` and `last` are what was acknowledged."""
    sender.delivered += segments
    sent_ns = last.sent_ns
    latest_us = (now_ns - sent_ns) // 1000
    sender.rack_advanced = True
    sender.rack_rtt_us = latest_us
    if sent_ns > sender.rack_sent_ns or (sent_ns == sender.rack_sent_ns and last.end > sender.rack_end):
        sender.rack_sent_ns, sender.rack_end = sent_ns, last.end
    sender.first_sent_ns = sent_ns
    maybe_delayed = segments == 1 and acked_bytes < sender.mss_bytes and last.delivered + 1 == sender.delivered
    measured(sender, (now_ns - first.sent_ns) // 1000, latest_us, now_ns, maybe_delayed=maybe_delayed)
    congestion = sender.congestion
    congestion.acked(sender, latest_us, segments, now_ns)
    set_after_ack(sender, now_ns)
    sender.counters["TcpExt.TCPDelivered"] += segments
    if sender.app_limited and sender.delivered > sender.app_limited:
        sender.app_limited = 0
    sender.delivered_ns = now_ns
    count = sender.delivered - last.delivered
    interval = max((sent_ns - last.first_sent_ns) // 1000, (now_ns - last.delivered_ns) // 1000)
    least = sender.min_rtt
    if (
        least is not None
        and interval >= least[0][1]
        and (not last.app_limited or count * sender.rate_interval_us >= sender.rate_delivered * interval)
    ):
        sender.rate_delivered, sender.rate_interval_us, sender.rate_app_limited = count, interval, last.app_limited
    congestion.grow(sender, segments, now_ns)
    if sender.pacing is not None:
        update(sender)
