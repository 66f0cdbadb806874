"""BBR version 1 in numbers (net/ipv4/tcp_bbr.c; draft-cardwell-iccrg-bbr-congestion-control-00): gains, bandwidth, product with the delay.

Bandwidth is segments per microsecond with 24 bits below the point, gains have 8 bits below it.
"""

from __future__ import annotations

BW_SCALE, GAIN_SCALE = 24, 8
BW_UNIT, UNIT = 1 << BW_SCALE, 1 << GAIN_SCALE
HIGH_GAIN = UNIT * 2885 // 1000 + 1
"""2/ln 2: the least that doubles the delivery rate in each round trip."""
DRAIN_GAIN = UNIT * 1000 // 2885
CWND_GAIN = UNIT * 2
CYCLE = (UNIT * 5 // 4, UNIT * 3 // 4, *[UNIT] * 6)
"""Pacing gains of the eight phases of PROBE_BW."""
FULL_BW_GROWTH = UNIT * 5 // 4
FULL_BW_ROUNDS = 3
BW_ROUNDS = 10
LEAST_CWND = 4
PACING_MARGIN_PERCENT = 1
SLOW_RATE_BYTES_PER_S = 1_200_000 >> 3


def bandwidth(segments: int, interval_us: int) -> int:
    """Segments over an interval as a bandwidth."""
    return segments * BW_UNIT // interval_us


def product(bw: int, min_rtt_us: int, gain: int) -> int:
    """Bandwidth-delay product times a gain, in segments, rounded up.

    >>> product(bandwidth(10, 1_000), 20_000, UNIT), product(bandwidth(10, 1_000), 20_000, CWND_GAIN)
    (200, 400)
    """
    return (((bw * min_rtt_us * gain) >> GAIN_SCALE) + BW_UNIT - 1) >> BW_SCALE


def pacing_rate(bw: int, gain: int, mss_bytes: int) -> int:
    """Bytes per second for a bandwidth and a gain, a hundredth below it so that no queue builds up."""
    rate = (bw * mss_bytes * gain) >> GAIN_SCALE
    return rate * (1_000_000 // 100 * (100 - PACING_MARGIN_PERCENT)) >> BW_SCALE
