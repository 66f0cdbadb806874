"""CUBIC (RFC 9438) in whole segments and in Linux's units of time, 1/1024 s (net/ipv4/tcp_cubic.c).

W_cubic(t) = C*(t-K)^3 + W_max with C = 0.4 and beta = 0.7; here C is 410/1024, as 41 * 10 / 2^10, and beta 717/1024.
"""

from __future__ import annotations

from estab.instant import SECOND_NS

BETA, SCALE = 717, 1024
C_SCALED = 410
TICKS_PER_SECOND = 1024
_CUBE_FACTOR = (1 << 40) // C_SCALED
_FRIENDLY_SCALE = 8 * (SCALE + BETA) // 3 // (SCALE - BETA)


def ticks(duration_ns: int) -> int:
    """A duration in CUBIC's ticks."""
    return duration_ns * TICKS_PER_SECOND // SECOND_NS


def cubic_root(value: int) -> int:
    """The whole part of a cubic root.

    >>> [cubic_root(n) for n in (0, 1, 7, 8, 26, 27, 10**18, 10**18 - 1)]
    [0, 1, 1, 2, 2, 3, 1000000, 999999]
    """
    if value < 8:
        return int(value > 0)
    root = 1 << -(-value.bit_length() // 3)
    while True:
        better = (2 * root + value // (root * root)) // 3
        if better >= root:
            return root
        root = better


def reduced(cwnd: int) -> int:
    """ssthresh after a loss: beta of the window, at least two segments (RFC 9438 §4.6)."""
    return max(cwnd * BETA // SCALE, 2)


def remembered_max(cwnd: int, last_max: int) -> int:
    """W_max: where the loss happened, or below it when the one before was higher, to make room for newcomers (fast convergence, §4.7)."""
    return cwnd * (SCALE + BETA) // (2 * SCALE) if cwnd < last_max else cwnd


def time_to_max(cwnd: int, last_max: int) -> int:
    """K in ticks: how long the curve takes from `cwnd` back to W_max (§4.2, equation 2)."""
    return cubic_root(_CUBE_FACTOR * (last_max - cwnd)) if last_max > cwnd else 0


def target(origin: int, k_ticks: int, t_ticks: int) -> int:
    """W_cubic(t): the window that the curve has for this time (§4.2, equation 1)."""
    offset = abs(t_ticks - k_ticks)
    delta = (C_SCALED * offset * offset * offset) >> 40
    return origin - delta if t_ticks < k_ticks else origin + delta


def acks_per_segment(cwnd: int, wanted: int, *, max_known: bool) -> int:
    """How many segments must be acknowledged for the window to grow by one, so that it reaches `wanted` in a round trip.

    Where no loss has shown a maximum yet, it grows by at least 5 % in a round trip.
    """
    count = cwnd // (wanted - cwnd) if wanted > cwnd else 100 * cwnd
    return count if max_known else min(count, 20)


def acks_per_friendly_segment(cwnd: int) -> int:
    """Segments for which the window that Reno would have with the same average grows by one: alpha = 3(1-beta)/(1+beta), §4.3."""
    return (cwnd * _FRIENDLY_SCALE) >> 3
