"""Slow start and congestion avoidance of RFC 5681, in whole segments as Linux counts them."""

from __future__ import annotations

NO_THRESHOLD = 0x7FFFFFFF
"""ssthresh while there is none."""


def slow_start(cwnd: int, ssthresh: int, acked: int) -> tuple[int, int]:
    """The window after `acked` segments in slow start, and how many of them are left for congestion avoidance.

    One segment for each that is acknowledged, however many an ACK covers (RFC 5681 §3.1; RFC 3465 with L unbounded).

    >>> slow_start(10, 100, 4), slow_start(10, 12, 4)
    ((14, 0), (12, 2))
    """
    grown = min(cwnd + acked, ssthresh)
    return grown, acked - (grown - cwnd)


def additive_increase(cwnd: int, credit: int, per: int, acked: int) -> tuple[int, int]:
    """Congestion avoidance: the window grows by one for each `per` segments acknowledged; gives the window and the credit that is left.

    Reno grows by one in a round trip, so there `per` is the window itself.

    >>> additive_increase(10, 9, 10, 1), additive_increase(10, 0, 10, 5)
    ((11, 0), (10, 5))
    """
    if credit >= per:  # gathered while `per` was larger
        credit = 0
        cwnd += 1
    credit += acked
    if credit >= per:
        more = credit // per
        credit -= more * per
        cwnd += more
    return cwnd, credit


def halved(cwnd: int) -> int:
    """ssthresh after a loss: half of the window, at least two segments (RFC 5681 §3.1, (4))."""
    return max(cwnd >> 1, 2)


def current_threshold(cwnd: int, ssthresh: int) -> int:
    """What ssthresh is to be when the window shrinks without a loss: three quarters of it are known to have fitted (RFC 2861 §3.1)."""
    return max(ssthresh, (cwnd >> 1) + (cwnd >> 2))
