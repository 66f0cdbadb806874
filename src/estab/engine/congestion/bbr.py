"""BBR version 1 (net/ipv4/tcp_bbr.c): a model of the path, its bandwidth and its delay, instead of losses.

Four modes.  STARTUP doubles the rate in each round trip until three of them bring no quarter more; DRAIN lets the queue run out that
this has built; PROBE_BW circles around the bandwidth, an eighth of the time above it and an eighth below; PROBE_RTT lets the path run
empty for 200 ms when the smallest delay is older than ten seconds.  Rate = gain * bandwidth, window = gain * bandwidth * delay.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from estab.engine.congestion.base import CongestionControl
from estab.engine.congestion.bbr_policer import Policer
from estab.engine.sending.pacing import pacing_of
from estab.engine.sending.variables import LOSS, OPEN, RECOVERY, in_flight
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.laws import bbr
from estab.laws.extremes import Best, largest

if TYPE_CHECKING:
    from estab.chance import Chance
    from estab.engine.sending.rate import RateSample
    from estab.engine.sending.variables import SendVariables
    from estab.snapshot import CongestionState

MIN_RTT_WINDOW_NS = 10 * SECOND_NS
PROBE_RTT_NS = 200 * MILLISECOND_NS
UNKNOWN_US = 0xFFFFFFFF
EXTRA_WINDOW_ROUNDS, EXTRA_MOST_US, EXTRA_EPOCH_MOST = 5, 100_000, 1 << 20
LARGEST_BURST_BYTES = 65_535 - 320


class Mode(enum.Enum):
    """What is being found out."""

    STARTUP = "startup"
    DRAIN = "drain"
    PROBE_BW = "probe bandwidth"
    PROBE_RTT = "probe round trip"


class Bbr(CongestionControl):
    """The model of one path."""

    __slots__ = (
        "bw", "chance", "conserving", "cwnd_gain", "cycle", "cycle_ns", "epoch_acked", "epoch_ns", "extra", "extra_rounds", "full_bw",
        "full_bw_rounds", "idle_restart", "is_full", "min_rtt_ns", "min_rtt_us", "mode", "next_round", "pacing_gain", "policer",
        "prior_cwnd", "prior_state", "probe_done_ns", "probe_round_done", "round_start", "rounds", "seen_rtt",
    )  # fmt: skip
    name = "bbr"
    models = True

    def start(self, sender: SendVariables, chance: Chance) -> None:
        """STARTUP, with what the handshake has shown."""
        self.chance = chance
        self.mode = Mode.STARTUP
        self.bw: Best | None = None
        self.rounds = self.next_round = self.full_bw = self.full_bw_rounds = self.prior_cwnd = 0
        self.round_start = self.conserving = self.is_full = self.idle_restart = self.seen_rtt = self.probe_round_done = False
        self.prior_state: CongestionState = OPEN
        self.min_rtt_us = sender.min_rtt[0][1] if sender.min_rtt is not None else UNKNOWN_US
        self.min_rtt_ns = self.cycle_ns = self.epoch_ns = sender.last_ack_ns
        self.probe_done_ns = -1
        self.cycle = self.epoch_acked = self.extra_rounds = 0
        self.extra = [0, 0]
        self.policer = Policer()
        self.policer.reset(sender)
        self.pacing_gain = self.cwnd_gain = bbr.HIGH_GAIN
        self._first_rate(sender)

    def measured(self, sender: SendVariables) -> None:
        """The first round trip gives delay and rate."""
        if sender.min_rtt is not None:
            self.min_rtt_us, self.min_rtt_ns = sender.min_rtt[0][1], sender.min_rtt[0][0]
        self._first_rate(sender)

    # What the model says.

    @property
    def max_bw(self) -> int:
        """The largest bandwidth of the last ten round trips."""
        return 0 if self.bw is None else self.bw[0][1]

    @property
    def bandwidth(self) -> int:
        """What the path is believed to deliver."""
        return self.policer.bandwidth if self.policer.is_used else self.max_bw

    def _burst_goal(self, sender: SendVariables) -> int:
        rate = pacing_of(sender).rate_bytes_per_s
        return min(max(min(rate >> 10, LARGEST_BURST_BYTES) // sender.mss_bytes, self.min_burst_segments(sender)), 0x7F)

    def _product(self, sender: SendVariables, bw: int, gain: int) -> int:
        if self.min_rtt_us == UNKNOWN_US:
            return sender.profile.initial_cwnd_segments
        return bbr.product(bw, self.min_rtt_us, gain)

    def _with_bursts(self, sender: SendVariables, cwnd: int) -> int:
        """Room for what waits in bursts at both ends; even; and two more while probing upwards."""
        cwnd = (cwnd + 3 * self._burst_goal(sender) + 1) & ~1
        return cwnd + 2 if self.mode is Mode.PROBE_BW and self.cycle == 0 else cwnd

    def _wanted_flight(self, sender: SendVariables, bw: int, gain: int) -> int:
        return self._with_bursts(sender, self._product(sender, bw, gain))

    def min_burst_segments(self, sender: SendVariables) -> int:
        """One at low rates, else two."""
        return 1 if pacing_of(sender).rate_bytes_per_s < bbr.SLOW_RATE_BYTES_PER_S else 2

    # What happens.

    def threshold(self, sender: SendVariables) -> int:
        """Losses do not change ssthresh; the window is remembered."""
        self._save_cwnd(sender)
        return sender.ssthresh

    def undone(self, sender: SendVariables) -> int:
        """The pipe may not have been full after all."""
        self.full_bw = self.full_bw_rounds = 0
        self.policer.reset(sender)
        return sender.cwnd

    def entered(self, sender: SendVariables, state: CongestionState) -> None:
        """A timeout ends a round and is a loss to the policer's detection."""
        if state is LOSS:
            self.prior_state = LOSS
            self.full_bw = 0
            self.round_start = True
            self.policer.observe(sender, 1, app_limited=False, round_start=True, probing=self.mode is Mode.PROBE_BW)

    def started(self, sender: SendVariables, now_ns: int) -> None:
        """Sending goes on after a pause that the application made: at the bandwidth, not above."""
        if not sender.app_limited:
            return
        self.idle_restart = True
        self.epoch_ns, self.epoch_acked = now_ns, 0
        if self.mode is Mode.PROBE_BW:
            self._set_rate(sender, self.bandwidth, bbr.UNIT)
        elif self.mode is Mode.PROBE_RTT:
            self._check_probe_done(sender, now_ns)

    def model(self, sender: SendVariables, sample: RateSample, now_ns: int) -> None:
        """One ACK: bandwidth, aggregation, phase, fullness, delay; then rate and window."""
        self._learn_bandwidth(sender, sample)
        self._learn_aggregation(sender, sample)
        if self.mode is Mode.PROBE_BW and self._phase_is_over(sender, sample):
            self._next_phase(sender)
        self._check_full(sample)
        self._check_drain(sender)
        self._learn_delay(sender, sample, now_ns)
        self._set_gains()
        self._set_rate(sender, self.bandwidth, self.pacing_gain)
        self._set_cwnd(sender, sample)

    def _learn_bandwidth(self, sender: SendVariables, sample: RateSample) -> None:
        self.round_start = False
        if sample.delivered < 0 or sample.interval_us <= 0:
            return
        if sample.prior_delivered >= self.next_round:
            self.next_round = sender.delivered
            self.rounds += 1
            self.round_start = True
            self.conserving = False
        probing = self.mode is Mode.PROBE_BW
        losses, limited = sample.losses, sample.app_limited
        if self.policer.observe(sender, losses, app_limited=limited, round_start=self.round_start, probing=probing):
            self._probe_bandwidth(sender)
        bw = bbr.bandwidth(sample.delivered, sample.interval_us)
        if not limited or bw >= self.max_bw:
            self.bw = largest(self.bw, self.rounds, bw, bbr.BW_ROUNDS)

    def _learn_aggregation(self, sender: SendVariables, sample: RateSample) -> None:
        """How many more segments are acknowledged at once than the bandwidth explains: links that bundle ACKs."""
        if sample.acked_sacked <= 0 or sample.delivered < 0 or sample.interval_us <= 0:
            return
        if self.round_start:
            self.extra_rounds += 1
            if self.extra_rounds >= EXTRA_WINDOW_ROUNDS:
                self.extra_rounds = 0
                self.extra = [0, self.extra[0]]
        expected = (self.bandwidth * ((sender.delivered_ns - self.epoch_ns) // 1000)) >> bbr.BW_SCALE
        if self.epoch_acked <= expected or self.epoch_acked + sample.acked_sacked >= EXTRA_EPOCH_MOST:
            self.epoch_acked = expected = 0
            self.epoch_ns = sender.delivered_ns
        self.epoch_acked += sample.acked_sacked
        self.extra[0] = max(self.extra[0], min(self.epoch_acked - expected, sender.cwnd))

    def _phase_is_over(self, sender: SendVariables, sample: RateSample) -> bool:
        is_long = (sender.delivered_ns - self.cycle_ns) // 1000 > self.min_rtt_us
        if self.pacing_gain == bbr.UNIT:
            return is_long
        if self.pacing_gain > bbr.UNIT:
            enough = sample.prior_in_flight >= self._wanted_flight(sender, self.max_bw, self.pacing_gain)
            return is_long and (sample.losses > 0 or enough)
        return is_long or sample.prior_in_flight <= self._wanted_flight(sender, self.max_bw, bbr.UNIT)

    def _next_phase(self, sender: SendVariables) -> None:
        self.cycle = (self.cycle + 1) % len(bbr.CYCLE)
        self.cycle_ns = sender.delivered_ns

    def _probe_bandwidth(self, sender: SendVariables) -> None:
        """PROBE_BW, from a phase chosen by chance, but not the one below the bandwidth."""
        self.mode = Mode.PROBE_BW
        self.cycle = len(bbr.CYCLE) - 1 - self.chance.below(len(bbr.CYCLE) - 1)
        self._next_phase(sender)

    def _check_full(self, sample: RateSample) -> None:
        if self.is_full or not self.round_start or sample.app_limited:
            return
        if self.max_bw >= (self.full_bw * bbr.FULL_BW_GROWTH) >> bbr.GAIN_SCALE:
            self.full_bw, self.full_bw_rounds = self.max_bw, 0
            return
        self.full_bw_rounds += 1
        self.is_full = self.full_bw_rounds >= bbr.FULL_BW_ROUNDS

    def _check_drain(self, sender: SendVariables) -> None:
        if self.mode is Mode.STARTUP and self.is_full:
            self.mode = Mode.DRAIN
            sender.ssthresh = self._wanted_flight(sender, self.max_bw, bbr.UNIT)
        if self.mode is Mode.DRAIN and in_flight(sender) <= self._wanted_flight(sender, self.max_bw, bbr.UNIT):
            self._probe_bandwidth(sender)

    def _learn_delay(self, sender: SendVariables, sample: RateSample, now_ns: int) -> None:
        expired = now_ns > self.min_rtt_ns + MIN_RTT_WINDOW_NS
        if sample.rtt_us >= 0 and (sample.rtt_us < self.min_rtt_us or (expired and not sample.is_ack_delayed)):
            self.min_rtt_us, self.min_rtt_ns = sample.rtt_us, now_ns
        if expired and not self.idle_restart and self.mode is not Mode.PROBE_RTT:
            self.mode = Mode.PROBE_RTT
            self._save_cwnd(sender)
            self.probe_done_ns = -1
        if self.mode is Mode.PROBE_RTT:
            flight = in_flight(sender)
            sender.app_limited = sender.delivered + flight or 1
            if self.probe_done_ns < 0 and flight <= bbr.LEAST_CWND:
                self.probe_done_ns = now_ns + PROBE_RTT_NS
                self.probe_round_done = False
                self.next_round = sender.delivered
            elif self.probe_done_ns >= 0:
                self.probe_round_done |= self.round_start
                if self.probe_round_done:
                    self._check_probe_done(sender, now_ns)
        if sample.delivered > 0:
            self.idle_restart = False

    def _check_probe_done(self, sender: SendVariables, now_ns: int) -> None:
        if self.probe_done_ns < 0 or now_ns <= self.probe_done_ns:
            return
        self.min_rtt_ns = now_ns
        sender.cwnd = max(sender.cwnd, self.prior_cwnd)
        if self.is_full:
            self._probe_bandwidth(sender)
        else:
            self.mode = Mode.STARTUP

    def _set_gains(self) -> None:
        if self.mode is Mode.STARTUP:
            self.pacing_gain = self.cwnd_gain = bbr.HIGH_GAIN
        elif self.mode is Mode.DRAIN:
            self.pacing_gain, self.cwnd_gain = bbr.DRAIN_GAIN, bbr.HIGH_GAIN
        elif self.mode is Mode.PROBE_BW:
            self.pacing_gain = bbr.UNIT if self.policer.is_used else bbr.CYCLE[self.cycle]
            self.cwnd_gain = bbr.CWND_GAIN
        else:
            self.pacing_gain = self.cwnd_gain = bbr.UNIT

    def _first_rate(self, sender: SendVariables) -> None:
        """Before anything was delivered: the initial window in a round trip, or in a millisecond where none is known."""
        srtt8 = sender.estimate.srtt8_us
        self.seen_rtt = srtt8 > 0
        bw = bbr.bandwidth(sender.cwnd, max(srtt8 >> 3, 1) if srtt8 else 1_000)
        pacing = pacing_of(sender)
        pacing.rate_bytes_per_s = min(bbr.pacing_rate(bw, bbr.HIGH_GAIN, sender.mss_bytes), pacing.max_rate_bytes_per_s)

    def _set_rate(self, sender: SendVariables, bw: int, gain: int) -> None:
        pacing = pacing_of(sender)
        rate = min(bbr.pacing_rate(bw, gain, sender.mss_bytes), pacing.max_rate_bytes_per_s)
        if not self.seen_rtt and sender.estimate.srtt8_us:
            self._first_rate(sender)
        if self.is_full or rate > pacing.rate_bytes_per_s:
            pacing.rate_bytes_per_s = rate

    def _save_cwnd(self, sender: SendVariables) -> None:
        if self.prior_state < RECOVERY and self.mode is not Mode.PROBE_RTT:
            self.prior_cwnd = sender.cwnd
        else:
            self.prior_cwnd = max(self.prior_cwnd, sender.cwnd)

    def _set_cwnd(self, sender: SendVariables, sample: RateSample) -> None:
        acked = sample.acked_sacked
        cwnd = sender.cwnd
        if acked:
            cwnd = self._recovering_cwnd(sender, sample)
            if not self.conserving:
                target = self._product(sender, self.bandwidth, self.cwnd_gain)
                if self.is_full:
                    target += min((self.bandwidth * EXTRA_MOST_US) >> bbr.BW_SCALE, max(self.extra))
                target = self._with_bursts(sender, target)
                if self.is_full:
                    cwnd = min(cwnd + acked, target)
                elif cwnd < target or sender.delivered < sender.profile.initial_cwnd_segments:
                    cwnd += acked
                cwnd = max(cwnd, bbr.LEAST_CWND)
        sender.cwnd = min(cwnd, bbr.LEAST_CWND) if self.mode is Mode.PROBE_RTT else cwnd

    def _recovering_cwnd(self, sender: SendVariables, sample: RateSample) -> int:
        """During the first round trip of a recovery as much leaves as arrives; at its end the window from before comes back."""
        before, state = self.prior_state, sender.ca_state
        cwnd = max(sender.cwnd - sample.losses, 1) if sample.losses > 0 else sender.cwnd
        if state is RECOVERY and before is not RECOVERY:
            self.conserving = True
            self.next_round = sender.delivered
            cwnd = in_flight(sender) + sample.acked_sacked
        elif before >= RECOVERY and state < RECOVERY:
            cwnd = max(cwnd, self.prior_cwnd)
            self.conserving = False
        self.prior_state = state
        return max(cwnd, in_flight(sender) + sample.acked_sacked) if self.conserving else cwnd
