"""Answers to segments that are not as they should be: the ACK for the unacceptable, challenge ACKs, resets (RFC 9293 §3.5.3, RFC 5961).

All ACKs here are limited: two ends that disagree would otherwise answer each other for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine import outbound
from estab.engine.limits import is_too_soon
from estab.wire.segment import RST, SYN

if TYPE_CHECKING:
    from estab.engine.occasion import Occasion
    from estab.engine.tcb import Tcb


def answer_unacceptable(tcb: Tcb, occasion: Occasion) -> None:
    """The ACK for a segment outside the window (OUT_OF_WINDOW): at once, with D-SACK if it repeats what is here (tcp_send_dupack)."""
    segment, receiver, acks, agreed = occasion.segment, tcb.receiver, tcb.acks, tcb.agreed
    assert segment is not None
    assert receiver is not None
    assert acks is not None
    assert agreed is not None
    bare = not segment.payload or segment.flags & SYN
    if bare and is_too_soon(tcb.challenged_ns, occasion.now_ns, tcb.config.knobs.tcp_invalid_ratelimit):
        tcb.config.counters.add("TcpExt.TCPACKSkippedSeq")
        return
    if bare:
        tcb.challenged_ns = occasion.now_ns
    if segment.length and occasion.seq < receiver.rcv_nxt:
        acks.enter_quickack_mode(receiver.rcv_wnd)
        tcb.config.counters.add("TcpExt.DelayedACKLost")
        if agreed.sack and tcb.config.knobs.tcp_dsack:
            acks.repeated(occasion.seq, min(occasion.seq + segment.length, receiver.rcv_nxt))
            tcb.config.counters.add("TcpExt.TCPDSACKOldSent")
    acks.now = acks.owed = True


def challenge(tcb: Tcb, occasion: Occasion) -> None:
    """A challenge ACK (RFC 5961 §3.2, §4.2, §5.2): a peer that meant it will answer with a RST that fits exactly."""
    now_ns = occasion.now_ns
    if is_too_soon(tcb.challenged_ns, now_ns, tcb.config.knobs.tcp_invalid_ratelimit):
        tcb.config.counters.add("TcpExt.TCPACKSkippedChallenge")
        return
    if not tcb.config.challenges.allows(now_ns):
        return
    tcb.challenged_ns = now_ns
    tcb.config.counters.add("TcpExt.TCPChallengeACK")
    tcb.post(outbound.pure_ack(tcb, now_ns))


def answer_bad_ack(tcb: Tcb, occasion: Occasion) -> None:
    """BAD_ACK in a synchronized state: a challenge for an ACK older than any window, and for one of what has never been sent.

    RFC 5961 §5.2, RFC 9293 §3.10.7.4; measured on Linux 6.18 in ESTABLISHED, CLOSE-WAIT, FIN-WAIT-2 and LAST-ACK.
    """
    challenge(tcb, occasion)


def reset(tcb: Tcb, occasion: Occasion) -> None:
    """A RST: in reply to the segment that asked for it, or of a connection whose user gives up."""
    segment = occasion.segment
    if segment is not None and segment.flags & RST:
        return
    tcb.post(outbound.reset(tcb, occasion.now_ns) if segment is None else outbound.reset_reply(segment))
    tcb.config.counters.add("Tcp.OutRsts")
