"""Is a policer at work?  BBR's long-term bandwidth: two intervals with much loss and the same rate (tcp_bbr.c, bbr_lt_bw_sampling)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.laws import bbr

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables

LEAST_ROUNDS, MOST_ROUNDS, USED_ROUNDS = 4, 16, 48
LOSS_THRESHOLD = 50
"""Of 256: lost among delivered, 20 %."""
SAME_RATIO = bbr.UNIT // 8
SAME_BYTES_PER_S = 4000 // 8


class Policer:
    """Intervals from loss to loss, and the rate that two of them agree on."""

    __slots__ = ("bandwidth", "is_sampling", "is_used", "rounds", "since_delivered", "since_lost", "since_ms")

    def __init__(self) -> None:
        self.bandwidth = 0
        self.is_used = False
        """The path is policed: `bandwidth` is what it lets through."""
        self.is_sampling = False
        self.rounds = self.since_ms = self.since_delivered = self.since_lost = 0

    def _begin_interval(self, sender: SendVariables) -> None:
        self.since_ms = sender.delivered_ns // 1_000_000
        self.since_delivered = sender.delivered
        self.since_lost = sender.trouble.lost if sender.trouble is not None else 0
        self.rounds = 0

    def reset(self, sender: SendVariables) -> None:
        """Nothing is known."""
        self.bandwidth = 0
        self.is_used = self.is_sampling = False
        self._begin_interval(sender)

    def observe(self, sender: SendVariables, losses: int, *, app_limited: bool, round_start: bool, probing: bool) -> bool:
        """One ACK; True where a rate that was used for long is to be doubted now, so that probing begins anew."""
        if self.is_used:
            if probing and round_start:
                self.rounds += 1
                if self.rounds >= USED_ROUNDS:
                    self.reset(sender)
                    return True
            return False
        if not self.is_sampling:
            if not losses:
                return False
            self._begin_interval(sender)
            self.is_sampling = True
        if app_limited:
            self.reset(sender)
            return False
        self.rounds += round_start
        if self.rounds < LEAST_ROUNDS:
            return False
        if self.rounds > MOST_ROUNDS:
            self.reset(sender)
        elif losses:
            self._end_interval(sender)
        return False

    def _end_interval(self, sender: SendVariables) -> None:
        lost = (sender.trouble.lost if sender.trouble is not None else 0) - self.since_lost
        delivered = sender.delivered - self.since_delivered
        milliseconds = sender.delivered_ns // 1_000_000 - self.since_ms
        if not delivered or lost << bbr.GAIN_SCALE < LOSS_THRESHOLD * delivered or milliseconds < 1:
            return
        rate = bbr.bandwidth(delivered, milliseconds * 1000)
        if self.bandwidth:
            difference = abs(rate - self.bandwidth)
            if (
                difference * bbr.UNIT <= SAME_RATIO * self.bandwidth
                or bbr.pacing_rate(difference, bbr.UNIT, sender.mss_bytes) <= SAME_BYTES_PER_S
            ):
                self.bandwidth = (rate + self.bandwidth) >> 1
                self.is_used = True
                self.rounds = 0
                return
        self.bandwidth = rate
        self._begin_interval(sender)
