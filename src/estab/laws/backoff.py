"""Doubling waits: the retransmission timer, the window probe, and the time that a number of retries stands for."""

from __future__ import annotations


def backed_off(base: int, doublings: int, largest: int) -> int:
    """`base` doubled so often, at most `largest` (RFC 6298 §5.5)."""
    return min(base << min(doublings, 63), largest)


def in_ticks(wait: int, tick: int) -> int:
    """A wait as a timer keeps it that counts whole ticks: rounded up.

    >>> in_ticks(201_000, 4_000), in_ticks(204_000, 4_000)
    (204000, 204000)
    """
    return -(-wait // tick) * tick


def modelled_timeout(retries: int, base: int, largest: int) -> int:
    """The time that `retries` retransmissions take, were each timeout the one before doubled, from `base` up to `largest`.

    Linux gives up by this time and not by a count (net/ipv4/tcp_timer.c, tcp_model_timeout): a connection whose RTO was long does not get
    fewer seconds, one whose RTO was short not more retries.

    >>> [modelled_timeout(n, 200, 120_000) / 1000 for n in (3, 5, 8, 10, 15)]
    [3.0, 12.6, 102.2, 324.6, 924.6]
    """
    doublings = (largest // base).bit_length() - 1
    if retries <= doublings:
        return ((2 << retries) - 1) * base
    return ((2 << doublings) - 1) * base + (retries - doublings) * largest


def probe_wait(rto: int, backoff: int, rto_min: int, largest: int) -> int:
    """How long until the next probe of a zero window: the RTO, doubled for each probe that was not answered by an opening.

    >>> [probe_wait(300, n, 200, 120_000) for n in range(4)]
    [300, 600, 1200, 2400]
    """
    most = (120_000_000_000 // 200_000_000).bit_length()
    return min(max(rto, rto_min) << min(backoff, most), largest)
