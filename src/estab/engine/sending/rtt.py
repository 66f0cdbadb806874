"""Round trips: which are believed (Karn, RTTM), the estimate, the RTO, and the smallest one of the last minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.profile import MIN_RTT_WINDOW_NS
from estab.laws.backoff import in_ticks
from estab.laws.extremes import smallest
from estab.laws.rto import estimate, timeout_us

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables


def measured(sender: SendVariables, sample_us: int, latest_us: int, now_ns: int, *, maybe_delayed: bool) -> None:
    """A round trip was measured: `sample_us` of the oldest segment acknowledged, `latest_us` of the newest.

    The estimate uses the former, which a delayed ACK has kept waiting; the smallest round trip uses the latter.  A single small segment
    whose ACK may have been delayed does not raise the smallest.
    """
    least = sender.min_rtt
    if least is None or latest_us <= least[0][1] or not maybe_delayed:
        sender.min_rtt = smallest(least, now_ns, latest_us or 1_000, MIN_RTT_WINDOW_NS)
    round_is_over = sender.snd_una > sender.rtt_seq
    limits = sender.limits
    first = not sender.estimate.srtt8_us
    sender.estimate = known = estimate(sender.estimate, sample_us, limits.rto_min_us, round_is_over=round_is_over)
    if round_is_over or first:
        sender.rtt_seq = sender.snd_nxt
    sender.rto_us = in_ticks(timeout_us(known, limits.rto_max_us), sender.profile.tick_us)
    sender.backoff = 0
