"""The retransmission timeout from measured round trips: RFC 6298 as it is written, and as Linux computes it.

Linux (net/ipv4/tcp_input.c, tcp_rtt_estimator) departs in three ways.  The floor lies under the variance and not under the sum, so that
RTO >= SRTT + 200 ms.  The variance used is the largest deviation of the last round trip, so that many samples in one window do not wear it
down.  And a sample *below* the mean widens the deviation only by an eighth of its usual weight, for getting faster is no reason to wait.
All numbers are whole microseconds; `srtt8_us` and `mdev4_us` carry three and two bits below the point, as the gains 1/8 and 1/4 ask for.
"""

from __future__ import annotations

from typing import NamedTuple


class Estimate(NamedTuple):
    """What is known of the round trip; all zeros: nothing yet."""

    srtt8_us: int = 0
    """Eight times the smoothed round trip."""
    mdev4_us: int = 0
    """Four times the mean deviation."""
    mdev_max_us: int = 0
    """The largest deviation (times four) within the present round trip."""
    rttvar_us: int = 0
    """What is added to the round trip: four times the variation, never below the smallest RTO."""


def estimate(old: Estimate, sample_us: int, rto_min_us: int, *, round_is_over: bool) -> Estimate:
    """The next estimate by Linux's rule; `round_is_over`: everything that was in flight when the last round began is acknowledged.

    >>> first = estimate(Estimate(), 100_000, 200_000, round_is_over=True)
    >>> first.srtt8_us >> 3, first.rttvar_us
    (100000, 200000)
    """
    srtt8, mdev4, mdev_max, rttvar = old
    if srtt8 == 0:
        spread = max(sample_us << 1, rto_min_us)
        return Estimate(max(1, sample_us << 3), sample_us << 1, spread, spread)
    error = sample_us - (srtt8 >> 3)
    srtt8 += error
    if error < 0:
        change = -error - (mdev4 >> 2)
        if change > 0:
            change >>= 3
    else:
        change = error - (mdev4 >> 2)
    mdev4 += change
    if mdev4 > mdev_max:
        mdev_max = mdev4
        rttvar = max(rttvar, mdev_max)
    if round_is_over:
        if mdev_max < rttvar:
            rttvar -= (rttvar - mdev_max) >> 2
        mdev_max = rto_min_us
    return Estimate(max(1, srtt8), mdev4, mdev_max, rttvar)


TICK_US = 1000
"""The unit in which Linux keeps the RTO (a jiffy at HZ=1000).  Without it a connection with hardly any round trip would be 200 ms sharp,
and the sum of its backoffs would fall a hair short of the limits that are computed from 200 ms (tcp_model_timeout)."""


def timeout_us(known: Estimate, rto_max_us: int) -> int:
    """RTO of an estimate: SRTT + RTTVAR in whole ticks, rounded up, at most the largest allowed."""
    return min(-(-((known.srtt8_us >> 3) + known.rttvar_us) // TICK_US) * TICK_US, rto_max_us)


def rfc_estimate(srtt_us: float, rttvar_us: float, sample_us: float) -> tuple[float, float]:
    """SRTT and RTTVAR after one more sample (RFC 6298 §2.2 and §2.3); zero SRTT: this is the first.

    >>> rfc_estimate(0, 0, 800)
    (800, 400.0)
    """
    if not srtt_us:
        return sample_us, sample_us / 2
    return 0.875 * srtt_us + 0.125 * sample_us, 0.75 * rttvar_us + 0.25 * abs(srtt_us - sample_us)


def rfc_timeout_us(srtt_us: float, rttvar_us: float, granularity_us: float, rto_min_us: float = 1_000_000) -> float:
    """SRTT + max(G, 4*RTTVAR), rounded up to one second (RFC 6298 §2.3, §2.4)."""
    return max(srtt_us + max(granularity_us, 4 * rttvar_us), rto_min_us)
