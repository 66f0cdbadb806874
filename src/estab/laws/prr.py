"""Proportional Rate Reduction (RFC 9937, before it RFC 6937): how many segments an ACK lets out while the window shrinks."""

from __future__ import annotations


def sendable(
    *, ssthresh: int, in_flight: int, prior_cwnd: int, delivered: int, out: int, newly_delivered: int, advanced: bool, newly_lost: int
) -> int:
    """SndCnt of RFC 9937 §6.2: segments that may leave for this ACK.

    `delivered` and `out` count since the reduction began, this ACK included.  Above ssthresh the flight shrinks in proportion.  At or
    below it slow start brings it back, and without progress or with new losses only as much leaves as has arrived (conservation).

    >>> sendable(ssthresh=7, in_flight=9, prior_cwnd=10, delivered=2, out=1, newly_delivered=1, advanced=False, newly_lost=0)
    1
    """
    room = ssthresh - in_flight
    if room < 0:
        count = -(-ssthresh * delivered // prior_cwnd) - out
    else:
        count = max(delivered - out, newly_delivered)
        if advanced and not newly_lost:
            count += 1
        count = min(room, count)
    return max(count, 0 if out else 1)
