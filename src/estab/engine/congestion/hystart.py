"""Leaving slow start before a loss: the rounds of Linux's HyStart, and those of HyStart++ (RFC 9406)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.pacing import current_rate
from estab.laws import hystart

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables

UNKNOWN_US = 0xFFFFFFFF


class Hystart:
    """One round trip of slow start: the train of its ACKs, and its smallest delay."""

    __slots__ = ("current_us", "end_seq", "last_ack_ns", "round_ns", "samples")

    def __init__(self, now_ns: int) -> None:
        self.end_seq = -1
        self.round_ns = self.last_ack_ns = now_ns
        self.current_us = UNKNOWN_US
        self.samples = 0

    def observe(self, sender: SendVariables, delay_us: int, delay_min_us: int, now_ns: int) -> None:
        """One ACK; where it shows that the path is full, ssthresh becomes the window.

        Rounds are counted from the sixteenth segment on, as in Linux up to 6.13 and as packet scripts of the field expect.
        """
        if sender.cwnd < hystart.LOW_WINDOW:
            return
        if sender.snd_una > self.end_seq:
            self.round_ns = self.last_ack_ns = now_ns
            self.end_seq = sender.snd_nxt
            self.current_us = UNKNOWN_US
            self.samples = 0
        profile = sender.profile
        if profile.hystart_train and now_ns - self.last_ack_ns <= hystart.ACK_SPACING_US * 1000:
            self.last_ack_ns = now_ns
            paced = profile.paced_by_driver or sender.pacing is not None
            if now_ns - self.round_ns > hystart.train_limit_us(delay_min_us, current_rate(sender), paced=paced) * 1000:
                sender.counters["TcpExt.TCPHystartTrainDetect"] += 1
                sender.counters["TcpExt.TCPHystartTrainCwnd"] += sender.cwnd
                sender.ssthresh = sender.cwnd
        if profile.hystart_delay:
            self.current_us = min(self.current_us, delay_us)
            if self.samples < hystart.MIN_SAMPLES:
                self.samples += 1
            elif hystart.delay_grew(self.current_us, delay_min_us) and sender.cwnd < sender.ssthresh:
                sender.counters["TcpExt.TCPHystartDelayDetect"] += 1
                sender.counters["TcpExt.TCPHystartDelayCwnd"] += sender.cwnd
                sender.ssthresh = sender.cwnd


class HystartPlusPlus:
    """RFC 9406 §4.2: when the delay rises, slow start turns conservative for five rounds and then ends, unless the rise was false."""

    __slots__ = ("baseline_us", "conservative", "current_us", "last_us", "rest", "rounds", "samples", "window_end")

    def __init__(self, snd_nxt: int) -> None:
        self.window_end = snd_nxt
        self.last_us = self.current_us = UNKNOWN_US
        self.samples = 0
        self.conservative = False
        self.baseline_us = UNKNOWN_US
        self.rounds = 0
        self.rest = 0

    def growth(self, acked: int) -> int:
        """By how many segments the window grows for so many: a quarter in conservative slow start."""
        if not self.conservative:
            return acked
        grown, self.rest = divmod(acked + self.rest, hystart.CSS_GROWTH_DIVISOR)
        return grown

    def observe(self, sender: SendVariables, delay_us: int, _delay_min_us: int, _now_ns: int) -> None:
        """One ACK."""
        if sender.snd_una > self.window_end:
            self.window_end = sender.snd_nxt
            self.last_us, self.current_us = self.current_us, UNKNOWN_US
            self.samples = 0
            if self.conservative:
                self.rounds += 1
                if self.rounds >= hystart.CSS_ROUNDS:
                    sender.ssthresh = sender.cwnd
                    return
        self.current_us = min(self.current_us, delay_us)
        self.samples += 1
        if self.samples < hystart.N_RTT_SAMPLE:
            return
        if self.conservative:
            if self.current_us < self.baseline_us:
                self.conservative = False
                self.baseline_us = UNKNOWN_US
        elif self.last_us != UNKNOWN_US and hystart.enters_conservative(self.current_us, self.last_us):
            self.conservative = True
            self.baseline_us = self.current_us
            self.rounds = 0
            self.rest = 0
