"""CUBIC (RFC 9438) as Linux has it (net/ipv4/tcp_cubic.c), with HyStart or HyStart++ (RFC 9406) at the end of slow start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.congestion.base import CongestionControl
from estab.engine.congestion.hystart import Hystart, HystartPlusPlus
from estab.engine.sending.profile import SlowStartExit
from estab.engine.sending.validation import is_cwnd_limited
from estab.engine.sending.variables import LOSS
from estab.instant import SECOND_NS
from estab.laws import cubic
from estab.laws.hystart import LOW_WINDOW
from estab.laws.reno import NO_THRESHOLD, additive_increase, slow_start

if TYPE_CHECKING:
    from estab.chance import Chance
    from estab.engine.sending.variables import SendVariables
    from estab.snapshot import CongestionState

UPDATE_NS = SECOND_NS // 32
"""While the window does not change, the curve is looked at no more often than this."""
NO_EPOCH = -1


class Curve:
    """Where the window is on the curve, and what Reno would have reached meanwhile; made when slow start is first left."""

    __slots__ = ("ack_count", "epoch_ns", "friendly_cwnd", "k_ticks", "last_cwnd", "last_ns", "origin", "per_segment")

    def __init__(self) -> None:
        self.epoch_ns = NO_EPOCH
        self.per_segment = self.last_cwnd = self.origin = self.k_ticks = 0
        self.ack_count = self.friendly_cwnd = 0
        self.last_ns = 0


class Cubic(CongestionControl):
    """Slow start with its exit, then the curve since the last reduction."""

    __slots__ = ("curve", "delay_min_us", "exit", "found", "last_max")
    name = "cubic"

    def __init__(self) -> None:
        self.exit: Hystart | HystartPlusPlus | None = None
        self._reset()

    def _reset(self) -> None:
        self.curve: Curve | None = None
        self.last_max = self.delay_min_us = 0
        self.found = False
        """The end of slow start was found by its signs; they are not looked for again, as in a recovery, until a timeout (ca->found)."""

    def start(self, _sender: SendVariables, _chance: Chance) -> None:
        """Nothing is known."""
        self._reset()
        self.exit = None

    def threshold(self, sender: SendVariables) -> int:
        """Beta of the window; where the loss happened is remembered."""
        if self.curve is not None:
            self.curve.epoch_ns = NO_EPOCH
        self.last_max = cubic.remembered_max(sender.cwnd, self.last_max)
        return cubic.reduced(sender.cwnd)

    def grow(self, sender: SendVariables, acked: int, now_ns: int) -> None:
        """Slow start, then the curve."""
        if not is_cwnd_limited(sender):
            return
        if sender.cwnd < sender.ssthresh:
            plus_plus = self.exit if isinstance(self.exit, HystartPlusPlus) else None
            growth = plus_plus.growth(acked) if plus_plus is not None else acked
            sender.cwnd, left = slow_start(sender.cwnd, sender.ssthresh, growth)
            if not left:
                return
            acked = left
        curve = self.curve
        if curve is None:
            curve = self.curve = Curve()
        self._update(curve, sender.cwnd, acked, now_ns)
        sender.cwnd, sender.cwnd_credit = additive_increase(sender.cwnd, sender.cwnd_credit, curve.per_segment, acked)

    def _update(self, curve: Curve, cwnd: int, acked: int, now_ns: int) -> None:
        """How many ACKs make the window grow by one now."""
        curve.ack_count += acked
        if curve.last_cwnd == cwnd and now_ns - curve.last_ns <= UPDATE_NS and curve.per_segment:
            return
        if curve.epoch_ns == NO_EPOCH or now_ns // 1_000_000 != curve.last_ns // 1_000_000:
            self._follow(curve, cwnd, acked, now_ns)
        per = cubic.acks_per_friendly_segment(cwnd)
        if curve.ack_count > per:
            more = (curve.ack_count - 1) // per
            curve.ack_count -= more * per
            curve.friendly_cwnd += more
        if curve.friendly_cwnd > cwnd:
            curve.per_segment = min(curve.per_segment, cwnd // (curve.friendly_cwnd - cwnd))
        curve.per_segment = max(curve.per_segment, 2)

    def _follow(self, curve: Curve, cwnd: int, acked: int, now_ns: int) -> None:
        curve.last_cwnd = cwnd
        curve.last_ns = now_ns
        if curve.epoch_ns == NO_EPOCH:
            curve.epoch_ns = now_ns
            curve.ack_count = acked
            curve.friendly_cwnd = cwnd
            curve.k_ticks = cubic.time_to_max(cwnd, self.last_max)
            curve.origin = max(self.last_max, cwnd)
        t = cubic.ticks(now_ns - curve.epoch_ns + self.delay_min_us * 1000)
        wanted = cubic.target(curve.origin, curve.k_ticks, t)
        curve.per_segment = cubic.acks_per_segment(cwnd, wanted, max_known=self.last_max > 0)

    def acked(self, sender: SendVariables, rtt_us: int, _count: int, now_ns: int) -> None:
        """The round trip decides whether slow start should end."""
        curve = self.curve
        if rtt_us < 0 or (curve is not None and curve.epoch_ns != NO_EPOCH and now_ns - curve.epoch_ns < SECOND_NS):
            return
        delay_us = max(rtt_us, 1)
        if not self.delay_min_us or delay_us < self.delay_min_us:
            self.delay_min_us = delay_us
        if sender.cwnd < sender.ssthresh and not self.found and sender.profile.slow_start_exit is not SlowStartExit.NONE:
            if self.exit is None:
                if sender.profile.slow_start_exit is SlowStartExit.HYSTART_PLUS_PLUS:
                    self.exit = HystartPlusPlus(sender.snd_nxt)
                elif sender.cwnd >= LOW_WINDOW:
                    self.exit = Hystart(now_ns)
                else:
                    return
            before = sender.ssthresh
            self.exit.observe(sender, delay_us, self.delay_min_us, now_ns)
            self.found = sender.ssthresh != before
            if sender.cwnd >= sender.ssthresh:
                self.exit = None
        elif self.exit is not None and sender.ssthresh < NO_THRESHOLD:
            self.exit = None

    def entered(self, _sender: SendVariables, state: CongestionState) -> None:
        """After a timeout everything begins again."""
        if state is LOSS:
            self._reset()
            self.exit = None

    def started(self, sender: SendVariables, now_ns: int) -> None:
        """Time without sending does not count on the curve."""
        idle_ns = now_ns - sender.last_sent_ns
        curve = self.curve
        if curve is not None and curve.epoch_ns != NO_EPOCH and idle_ns > 0:
            curve.epoch_ns = min(curve.epoch_ns + idle_ns, now_ns)
