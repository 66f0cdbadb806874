"""Delivery rate: what has arrived within the time it took, for each segment that is acknowledged (draft-cheng-iccrg-delivery-rate).

A sample spans from when the newest acknowledged segment was sent to its ACK; its time is the longer of the two phases, sending and being
acknowledged, for the faster of them is an accident.  A sample taken while the application gave too little to send counts only if it is
higher.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.variables import in_flight, min_rtt_us

if TYPE_CHECKING:
    from estab.engine.sending.entries import Sent
    from estab.engine.sending.variables import SendVariables


class RateSample:
    """What one ACK tells of the path, for those congestion controls that model it."""

    __slots__ = (
        "acked_sacked",
        "app_limited",
        "delivered",
        "end",
        "interval_us",
        "is_ack_delayed",
        "losses",
        "prior_delivered",
        "prior_in_flight",
        "prior_ns",
        "rtt_us",
        "send_us",
    )

    def __init__(self, prior_in_flight: int) -> None:
        self.prior_in_flight = prior_in_flight
        self.prior_delivered = 0
        self.prior_ns = -1
        self.end = 0
        self.send_us = 0
        self.app_limited = False
        self.rtt_us = -1
        """Round trip of the newest segment (selectively) acknowledged; negative: none that counts."""
        self.delivered = -1
        """Segments over the interval; negative: no valid sample."""
        self.interval_us = -1
        self.acked_sacked = 0
        self.losses = 0
        self.is_ack_delayed = False


def stamp(sender: SendVariables, entry: Sent, now_ns: int) -> None:
    """Notes with a segment that leaves what has been delivered so far."""
    if not sender.packets_out:
        sender.first_sent_ns = sender.delivered_ns = now_ns
    entry.first_sent_ns = sender.first_sent_ns
    entry.delivered_ns = sender.delivered_ns
    entry.delivered = sender.delivered
    entry.app_limited = sender.app_limited != 0


def arrived(sender: SendVariables, entry: Sent, sample: RateSample) -> None:
    """A segment was (selectively) acknowledged; the one sent last gives the sample."""
    if entry.delivered_ns < 0:
        return
    sent_ns = entry.sent_ns
    if sample.prior_ns < 0 or sent_ns > sender.first_sent_ns or (sent_ns == sender.first_sent_ns and entry.end > sample.end):
        sample.prior_delivered = entry.delivered
        sample.prior_ns = entry.delivered_ns
        sample.app_limited = entry.app_limited
        sample.end = entry.end
        sample.send_us = (sent_ns - entry.first_sent_ns) // 1000
        sender.first_sent_ns = sent_ns
    if entry.marks & 1:
        entry.delivered_ns = -1


def conclude(sender: SendVariables, sample: RateSample, delivered: int, lost: int, now_ns: int, *, reneging: bool) -> None:
    """The sample of an ACK is complete: `delivered` segments arrived with it, `lost` were found missing."""
    if sender.app_limited and sender.delivered > sender.app_limited:
        sender.app_limited = 0
    if delivered:
        sender.delivered_ns = now_ns
    sample.acked_sacked, sample.losses = delivered, lost
    if sample.prior_ns < 0 or reneging:
        return
    count = sender.delivered - sample.prior_delivered
    interval = max(sample.send_us, (now_ns - sample.prior_ns) // 1000)
    sample.delivered = count
    if interval < min_rtt_us(sender):
        return
    sample.interval_us = interval
    if not sample.app_limited or count * sender.rate_interval_us >= sender.rate_delivered * interval:
        sender.rate_delivered, sender.rate_interval_us, sender.rate_app_limited = count, interval, sample.app_limited


def check_app_limited(sender: SendVariables) -> None:
    """The user is about to write: if there was room to send and nothing to fill it, what is in flight is limited by the application."""
    if sender.write_seq - sender.snd_nxt < sender.mss_bytes and in_flight(sender) < sender.cwnd and sender.lost_out <= sender.retrans_out:
        sender.app_limited = sender.delivered + in_flight(sender) or 1
