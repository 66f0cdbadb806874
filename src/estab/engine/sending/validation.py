"""Is the window used?  Only then may it grow; a window that has not been used for long says nothing about the path any more.

Linux's form of congestion window validation (RFC 2861, RFC 7661): `tcp_cwnd_validate`, and the restart after idling (RFC 5681 §4.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending import chronograph
from estab.engine.sending.variables import CWR, OPEN, RECOVERY
from estab.laws.reno import current_threshold

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables


def is_cwnd_limited(sender: SendVariables) -> bool:
    """Whether the window was what limited the present round trip; in slow start, whether more than half of it was used."""
    if sender.is_cwnd_limited:
        return True
    return sender.cwnd < sender.ssthresh and sender.cwnd < 2 * sender.max_packets_out


def threshold_now(sender: SendVariables) -> int:
    """ssthresh to be kept where the window shrinks without a loss; unchanged while a reduction is under way."""
    if sender.ca_state is CWR or sender.ca_state is RECOVERY:
        return sender.ssthresh
    return current_threshold(sender.cwnd, sender.ssthresh)


def validate(sender: SendVariables, now_ns: int, *, is_cwnd_limited: bool) -> None:
    """After a burst: notes how far the window was used; one that was not used for an RTO moves half way to what was used."""
    packets_out = sender.packets_out
    if is_cwnd_limited or sender.snd_una >= sender.cwnd_usage_seq or (not sender.is_cwnd_limited and packets_out > sender.max_packets_out):
        sender.is_cwnd_limited = is_cwnd_limited
        sender.max_packets_out = packets_out
        sender.cwnd_usage_seq = sender.snd_nxt
    if sender.is_cwnd_limited or (sender.cwnd < sender.ssthresh and sender.cwnd < 2 * sender.max_packets_out):
        sender.cwnd_used = 0
        sender.cwnd_stamp_ns = now_ns
        return
    sender.cwnd_used = max(sender.cwnd_used, packets_out)
    if sender.limits.slow_start_after_idle and now_ns - sender.cwnd_stamp_ns >= sender.rto_us * 1000 and not sender.congestion.models:
        _shrink_to_used(sender, now_ns)
    if sender.wants_room and sender.snd_nxt == sender.write_seq:
        chronograph.start(sender, chronograph.SNDBUF_LIMITED, now_ns)


def _shrink_to_used(sender: SendVariables, now_ns: int) -> None:
    if sender.ca_state is OPEN and not sender.wants_room:
        used = max(sender.cwnd_used, sender.profile.initial_cwnd_segments)
        if used < sender.cwnd:
            sender.ssthresh = threshold_now(sender)
            sender.cwnd = (sender.cwnd + used) >> 1
        sender.cwnd_used = 0
    sender.cwnd_stamp_ns = now_ns


def restart_after_idle(sender: SendVariables, now_ns: int) -> None:
    """Something is to be sent after a pause: the window is halved for each RTO of it, down to the initial one."""
    if not sender.limits.slow_start_after_idle or sender.packets_out or sender.congestion.models:
        return
    rto_ns = sender.rto_us * 1000
    idle_ns = now_ns - sender.last_sent_ns
    if idle_ns <= rto_ns:
        return
    sender.congestion.restarted(sender)
    sender.ssthresh = threshold_now(sender)
    cwnd = sender.cwnd
    floor = min(sender.profile.initial_cwnd_segments, cwnd)
    idle_ns -= rto_ns
    while idle_ns > 0 and cwnd > floor:
        cwnd >>= 1
        idle_ns -= rto_ns
    sender.cwnd = max(cwnd, floor)
    sender.cwnd_stamp_ns = now_ns
    sender.cwnd_used = 0
