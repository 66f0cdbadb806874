"""The retransmission queue: what has been sent and is not acknowledged, in order, linked from the oldest to the newest.

A linked list, because all there is to do is to take from the front, to add at the end, to walk on from an entry that one holds, and to cut
an entry in two.
"""

from __future__ import annotations

SACKED, RETRANSMITTED, LOST, EVER_RETRANSMITTED = 1, 2, 4, 8
"""Marks of an entry: selectively acknowledged; its retransmission is under way; believed lost; has been sent again before."""
ANY_RETRANSMISSION = RETRANSMITTED | EVER_RETRANSMITTED


class Sent:
    """One segment that was sent (or a large one of several MSS), with what is needed to send it again and to learn from its ACK."""

    __slots__ = (
        "app_limited",
        "delivered",
        "delivered_ns",
        "end",
        "eor",
        "fin",
        "first_sent_ns",
        "marks",
        "next",
        "overhead_bytes",
        "payload",
        "psh",
        "segments",
        "sent_ns",
        "start",
    )

    def __init__(self, start: int, end: int, payload: bytes, segments: int, fin: bool, psh: bool, sent_ns: int) -> None:
        self.start = start
        self.end = end
        """Behind the last byte, a FIN counted."""
        self.payload = payload
        self.segments = segments
        self.fin = fin
        self.psh = psh
        self.sent_ns = sent_ns
        """When it was sent last."""
        self.marks = 0
        self.next: Sent | None = None
        self.overhead_bytes = 0
        """What it is charged for beside its payload: see `buffer`."""
        self.eor = False
        """A record ends behind it that may not be joined with what follows."""
        # As it was when this was sent (delivery rate estimation, see `rate`):
        self.delivered = 0
        self.delivered_ns = 0
        self.first_sent_ns = 0
        self.app_limited = False

    def __repr__(self) -> str:
        return f"<Sent {self.start}:{self.end} marks={self.marks:04b}>"


def split(entry: Sent, length: int, mss_bytes: int) -> Sent:
    """Cuts an entry behind so many bytes; gives the second part, which is linked behind the first.  Neither may be empty."""
    assert 0 < length < len(entry.payload) + entry.fin
    middle = entry.start + length
    rest = Sent(middle, entry.end, entry.payload[length:], 1, entry.fin, entry.psh, entry.sent_ns)
    rest.segments = max(1, -(-len(rest.payload) // mss_bytes))
    rest.marks, rest.eor, rest.overhead_bytes = entry.marks, entry.eor, entry.overhead_bytes
    rest.delivered, rest.delivered_ns = entry.delivered, entry.delivered_ns
    rest.first_sent_ns, rest.app_limited = entry.first_sent_ns, entry.app_limited
    rest.next = entry.next
    entry.end, entry.payload = middle, entry.payload[:length]
    entry.segments = max(1, -(-length // mss_bytes))
    entry.fin = entry.psh = entry.eor = False
    entry.overhead_bytes = 0
    entry.next = rest
    return rest
