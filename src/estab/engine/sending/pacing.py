"""Pacing inside the engine: segments leave at a rate, one after the other, instead of in bursts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS
from estab.laws.pacing import burst_segments, duration_ns, window_rate

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables

UNLIMITED = 0xFFFFFFFFFFFFFFFF
"""sk_max_pacing_rate when nobody has set it."""


class Pacing:
    """Rate and next instant; made where a congestion control, SO_MAX_PACING_RATE or the profile asks for pacing."""

    __slots__ = ("is_waiting", "max_rate_bytes_per_s", "next_ns", "rate_bytes_per_s")

    def __init__(self) -> None:
        self.rate_bytes_per_s = 0
        """0: no rate yet, nothing waits."""
        self.max_rate_bytes_per_s = UNLIMITED
        self.next_ns = 0
        self.is_waiting = False
        """Something would leave but for the rate."""


def pacing_of(sender: SendVariables) -> Pacing:
    """The record of pacing, made if there is none."""
    pacing = sender.pacing
    if pacing is None:
        pacing = sender.pacing = Pacing()
    return pacing


def update(sender: SendVariables) -> None:
    """The rate follows the window; a congestion control with a model of its own sets it itself."""
    pacing = sender.pacing
    if pacing is not None and not sender.congestion.models:
        pacing.rate_bytes_per_s = min(current_rate(sender), pacing.max_rate_bytes_per_s)


def current_rate(sender: SendVariables) -> int:
    """What TCP_INFO tells as pacing rate, paced or not; bytes per second."""
    if sender.pacing is not None and sender.congestion.models:
        return sender.pacing.rate_bytes_per_s
    rate = window_rate(sender.mss_bytes, sender.cwnd, sender.packets_out, sender.estimate.srtt8_us, sender.ssthresh)
    return rate if sender.pacing is None else min(rate, sender.pacing.max_rate_bytes_per_s)


def must_wait(sender: SendVariables, now_ns: int) -> bool:
    """Whether the rate forbids to send now; then the deadline says when it will not."""
    pacing = sender.pacing
    if pacing is None or pacing.next_ns <= now_ns:
        return False
    pacing.is_waiting = True
    return True


def account(sender: SendVariables, length: int, now_ns: int) -> None:
    """A segment leaves; what late timers have cost is given back, up to half of the segment's time (tcp_update_skb_after_send)."""
    pacing = sender.pacing
    if pacing is None:
        return
    rate = pacing.rate_bytes_per_s
    # The first ten segments go unpaced: there is no round trip to spread them over yet.
    if not rate or rate == UNLIMITED or sender.data_segs_out < 10:
        pacing.next_ns = max(pacing.next_ns, now_ns)
        return
    wait = duration_ns(length, rate)
    late = now_ns - pacing.next_ns if pacing.next_ns else 0
    pacing.next_ns = max(pacing.next_ns, now_ns) + wait - min(wait // 2, max(late, 0))


def burst_limit(sender: SendVariables) -> int:
    """How many MSS one segment may hold: 1, or with large segments about a millisecond at the present rate."""
    largest = sender.profile.gso_max_bytes
    if largest <= sender.mss_bytes:
        return 1
    smallest = sender.congestion.min_burst_segments(sender)
    return min(burst_segments(current_rate(sender), sender.mss_bytes, largest, smallest), largest // sender.mss_bytes)


RECENT_NS = MILLISECOND_NS
