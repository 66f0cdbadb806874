"""What one packet was, as bits: the closed vocabulary of the tracker's verdicts."""

from __future__ import annotations

import enum


class Verdict(enum.IntFlag):
    """Bits of the column `verdict`; several may hold of one packet."""

    NEW_DATA = 1 << 0
    """Carries payload, SYN or FIN that this side had not sent before."""
    RETRANSMISSION = 1 << 1
    """Sent again by this endpoint: SYN, SYN-ACK, data or FIN."""
    OUT_OF_ORDER = 1 << 2
    """Sent in its turn, but overtaken on the way to the capture point."""
    DUPLICATE = 1 << 3
    """A copy of one and the same IP packet, made by the network or by a mirror port."""
    FAST_RETRANSMIT = 1 << 4
    """Repeated on the receiver's word (duplicate ACKs, SACK), within the recovery time."""
    TIMEOUT = 1 << 5
    """Repeated because nothing was heard for the retransmission timeout."""
    TAIL_PROBE = 1 << 6
    """The last segment repeated after about two round trips (RFC 8985 §7)."""
    UNNEEDED = 1 << 7
    """Repeated although it had already been acknowledged."""
    KEEPALIVE = 1 << 8
    WINDOW_PROBE = 1 << 9
    DUPLICATE_ACK = 1 << 10
    WINDOW_UPDATE = 1 << 11
    ZERO_WINDOW = 1 << 12
    """Says that no more data is wanted for now."""
    WINDOW_FULL = 1 << 13
    """Fills the window that the other side has offered to the last byte."""
    GAP_BEFORE = 1 << 14
    """Something that this side sent earlier has not passed here (lost before, reordered, or not captured)."""
    ACKS_UNSEEN = 1 << 15
    """Acknowledges bytes that never passed here."""
    DSACK = 1 << 16
    """Reports bytes received twice (RFC 2883)."""
    CHALLENGE_ACK = 1 << 17
    """Answers a SYN or RST that did not fit (RFC 5961)."""
    RESET_IGNORED = 1 << 18
    """A RST outside the window: the receiver drops it."""
    RESET_CHALLENGED = 1 << 19
    """A RST inside the window but not at its edge: the receiver answers with a challenge ACK."""
    OPENS = 1 << 20
    """First packet of its connection."""
    SUPER_SEGMENT = 1 << 21
    """Payload above the negotiated MSS: captured before segmentation or after coalescing."""
    KEEPALIVE_ANSWER = 1 << 22
    BEYOND_WINDOW = 1 << 23
    """Payload past the right edge of the offered window."""


# The same as plain integers, for the packet loops.
NEW_DATA = int(Verdict.NEW_DATA)
RETRANSMISSION = int(Verdict.RETRANSMISSION)
OUT_OF_ORDER = int(Verdict.OUT_OF_ORDER)
DUPLICATE = int(Verdict.DUPLICATE)
FAST_RETRANSMIT = int(Verdict.FAST_RETRANSMIT)
TIMEOUT = int(Verdict.TIMEOUT)
TAIL_PROBE = int(Verdict.TAIL_PROBE)
UNNEEDED = int(Verdict.UNNEEDED)
KEEPALIVE = int(Verdict.KEEPALIVE)
WINDOW_PROBE = int(Verdict.WINDOW_PROBE)
DUPLICATE_ACK = int(Verdict.DUPLICATE_ACK)
WINDOW_UPDATE = int(Verdict.WINDOW_UPDATE)
ZERO_WINDOW = int(Verdict.ZERO_WINDOW)
WINDOW_FULL = int(Verdict.WINDOW_FULL)
GAP_BEFORE = int(Verdict.GAP_BEFORE)
ACKS_UNSEEN = int(Verdict.ACKS_UNSEEN)
DSACK = int(Verdict.DSACK)
CHALLENGE_ACK = int(Verdict.CHALLENGE_ACK)
RESET_IGNORED = int(Verdict.RESET_IGNORED)
RESET_CHALLENGED = int(Verdict.RESET_CHALLENGED)
OPENS = int(Verdict.OPENS)
SUPER_SEGMENT = int(Verdict.SUPER_SEGMENT)
KEEPALIVE_ANSWER = int(Verdict.KEEPALIVE_ANSWER)
BEYOND_WINDOW = int(Verdict.BEYOND_WINDOW)
