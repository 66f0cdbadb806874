"""Segments that leave without a connection: a RST for what fits nothing, the ACK of a record that has no TCB (RFC 9293 §3.5.2, §3.10.7)."""

from __future__ import annotations

from estab.seq import MASK
from estab.wire.segment import ACK, RST, Packet, Segment


def reset_for(segment: Segment) -> Segment | None:
    """The RST that answers a segment nobody wants; None for one that is a RST itself.

    With an ACK: <SEQ=SEG.ACK><CTL=RST>; without: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> (RFC 9293 §3.10.7.1).
    """
    if segment.flags & RST:
        return None
    if segment.flags & ACK:
        return Segment(seq=segment.ack, ack=0, flags=RST, window=0)
    return Segment(seq=0, ack=(segment.seq + segment.length) & MASK, flags=RST | ACK, window=0)


def back_to_sender(packet: Packet, segment: Segment) -> Packet:
    """A segment for the sender of a packet."""
    return Packet(
        source=packet.destination,
        source_port=packet.destination_port,
        destination=packet.source,
        destination_port=packet.source_port,
        segment=segment,
    )
