"""One arriving ACK while it is worked on: what it said, what was so before, and what has been found out."""

from __future__ import annotations

from estab.engine.sending.rate import RateSample


class Ack:
    """The state of one pass through `acks.process`."""

    __slots__ = (
        "ack",
        "acked_bytes",
        "counts_losses",
        "duplicates",
        "first_sack_ns",
        "flags",
        "last_sack_ns",
        "now_ns",
        "prior_delivered",
        "prior_frontier",
        "prior_lost",
        "prior_una",
        "reordered_from",
        "sample",
        "tsecr_ns",
    )

    def __init__(self, ack: int, prior_una: int, prior_delivered: int, prior_in_flight: int, tsecr_ns: int | None, now_ns: int) -> None:
        self.ack = ack
        self.now_ns = now_ns
        self.flags = 0
        self.tsecr_ns = tsecr_ns
        """When this end made the timestamp that is echoed, in whole milliseconds of its clock; None without one."""
        self.prior_una = prior_una
        self.prior_delivered = prior_delivered
        self.prior_lost = 0
        self.prior_frontier = prior_una
        self.duplicates = 0
        self.counts_losses = False
        """Without RACK: segments are to be counted lost by what lies above them (RFC 6675)."""
        self.first_sack_ns = -1
        """When the first and the last of the segments newly reported by SACK, and sent only once, were sent; -1: none."""
        self.last_sack_ns = -1
        self.reordered_from = 0
        self.acked_bytes = 0
        self.sample = RateSample(prior_in_flight)
