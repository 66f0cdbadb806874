"""Rates: how fast to send, and how long a segment takes at a rate."""

from __future__ import annotations

from estab.instant import SECOND_NS

SLOW_START_PERCENT, AVOIDANCE_PERCENT = 200, 120
"""A paced window leaves in half of a round trip while it may double, else a little faster than it comes back (tcp_pacing_ss_ratio)."""


def window_rate(mss_bytes: int, cwnd: int, packets_out: int, srtt8_us: int, ssthresh: int) -> int:
    """Bytes per second that spread a window over a round trip (net/ipv4/tcp_input.c, tcp_update_pacing_rate); 0: no round trip known."""
    percent = SLOW_START_PERCENT if cwnd < ssthresh // 2 else AVOIDANCE_PERCENT
    rate = mss_bytes * 80_000 * percent * max(cwnd, packets_out)
    return rate // srtt8_us if srtt8_us else rate


def duration_ns(length_bytes: int, rate_bytes_per_s: int) -> int:
    """Time that so many bytes take at a rate.

    >>> duration_ns(1_000, 1_000_000)
    1000000
    """
    return length_bytes * SECOND_NS // rate_bytes_per_s if rate_bytes_per_s else 0


def burst_segments(rate_bytes_per_s: int, mss_bytes: int, gso_max_bytes: int, smallest: int) -> int:
    """How many segments one large segment may hold: about a millisecond's worth (net/ipv4/tcp_output.c, tcp_tso_autosize)."""
    return max(min(rate_bytes_per_s >> 10, gso_max_bytes) // mss_bytes, smallest)
