"""A connection that goes on although somebody sent a SYN into it (RFC 5961 §4).

A SYN with a new number opens a new row, for mostly the old connection is gone.  Where it is not, its receiver answers with a challenge
ACK that acknowledges something else than that SYN; and if the SYN was forged, its pretended sender goes on where the challenge ACK
says that it stood.  Then the row is the rest of a connection whose beginning belongs to another row: as if the capture had begun here.
"""

from __future__ import annotations

from typing import Any

from estab.lives import kernel
from estab.seq import unwrap
from estab.track.records import HAS_ACK_SENT, HAS_ISN, OPENED_BY_SYN, RTT_PENDING, SAW_SYN_ACK
from estab.wire.columns import RST, SYN

REACH_BYTES = 1 << 20
"""What is acknowledged this far behind a SYN may be its own stream with a beginning that was not captured: more than any first window."""


@kernel
def goes_on(packet: Any, connection: Any, me: Any, peer: Any) -> bool:
    """Whether the side that sent the SYN speaks where the challenge ACK put it, and not where that SYN would have it stand."""
    if connection.marks & (OPENED_BY_SYN | SAW_SYN_ACK) != OPENED_BY_SYN or packet.flags & (SYN | RST):
        return False
    if me.syns == 0 or peer.syns > 0 or not me.marks & HAS_ISN or not peer.marks & HAS_ACK_SENT:
        return False
    if me.isn < peer.ack_sent <= me.isn + REACH_BYTES:
        return False
    from_answer, from_syn = unwrap(packet.seq, peer.ack_sent) - peer.ack_sent, unwrap(packet.seq, me.isn) - me.isn
    return abs(from_answer) < abs(from_syn)


@kernel
def forget_syn(packet: Any, me: Any, peer: Any) -> None:
    """Takes back what the SYN seemed to say of its sender."""
    me.marks &= ~(HAS_ISN | RTT_PENDING)
    me.isn = 0
    me.snd_max = unwrap(packet.seq, peer.ack_sent)
    me.unseen_bytes = 0  # the challenge ACK acknowledged what had gone by before
    peer.acks_unseen = 0
    peer.challenge_acks = min(peer.pure_acks, me.syns)  # each SYN draws one; nothing else was there to answer
