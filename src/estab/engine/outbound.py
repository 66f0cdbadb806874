"""Writing segments: whatever a connection sends gets its header here, and what a header announces is remembered as announced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.events import WRITE_ROOM
from estab.engine.isn import timestamp
from estab.engine.options import LARGEST_FIELD, answer, offer
from estab.seq import MASK
from estab.wire.segment import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, Segment

if TYPE_CHECKING:
    from estab.engine.sending.sender import Outgoing
    from estab.engine.tcb import Tcb

ECT_0 = 2
SACK_BLOCKS_BESIDE_TIMESTAMPS, SACK_BLOCKS_ALONE = 3, 4
SACK_OPTION_BYTES, SACK_BLOCK_BYTES = 4, 8
"""New data leaves room for all blocks; what is sent again carries as many as there is room for behind it."""


def next_segment(tcb: Tcb, now_ns: int) -> Segment | None:
    """What leaves now: what is posted, then data, then an ACK that nothing has carried."""
    tcb.transmit_ecn = 0
    posted = tcb.outbox
    if posted is not None:
        segment = posted.pop(0)
        if not posted:
            tcb.outbox = None
        tcb.segs_out += 1
        return segment
    sender = tcb.sender
    if sender is not None:
        receiver, acks = tcb.receiver, tcb.acks
        waits = receiver is not None and acks is not None and (receiver.reassembly is not None or acks.dsack is not None)
        if waits or sender.option_bytes:
            sender.option_bytes = sack_bytes(tcb) if waits else 0
        outgoing = sender.next(now_ns)
        if outgoing is not None:
            tcb.segs_out += 1
            return data_segment(tcb, outgoing, now_ns)
        if tcb.room_wanted and not sender.wants_room:  # the burst has been concluded, and there is enough of it (tcp_check_space)
            tcb.room_wanted = False
            tcb.tell(WRITE_ROOM)
    acks = tcb.acks
    if acks is not None and acks.now:
        tcb.segs_out += 1
        return pure_ack(tcb, now_ns)
    return None


def sack_bytes(tcb: Tcb) -> int:
    """What the SACK option of the next segment takes: new data leaves room for it (tcp_established_options)."""
    receiver, acks, agreed = tcb.receiver, tcb.acks, tcb.agreed
    if receiver is None or acks is None or agreed is None or not agreed.sack:
        return 0
    count = len(acks.blocks(receiver, SACK_BLOCKS_BESIDE_TIMESTAMPS if agreed.timestamps else SACK_BLOCKS_ALONE))
    return SACK_OPTION_BYTES + SACK_BLOCK_BYTES * count if count else 0


def syn(tcb: Tcb, now_ns: int) -> Segment:
    """The SYN; sent again it carries neither data nor Fast Open option, and no ECN if the knob says fall back (RFC 3168 §6.1.1.1)."""
    opening, config = tcb.opening, tcb.config
    assert opening is not None
    options = offer(config, opening.rcv_wscale)
    payload = b""
    if opening.retransmits == 0:
        options.fast_open_cookie, options.fast_open_experimental = opening.cookie, config.fast_open_experimental
        payload = opening.syn_data
    elif config.knobs.tcp_ecn_fallback:
        opening.ecn = False
    return Segment(
        seq=tcb.iss & MASK,
        ack=0,
        flags=SYN | (ECE | CWR if opening.ecn else 0),
        window=min(opening.rcv_wnd, LARGEST_FIELD),
        payload=payload,
        tsval=timestamp(now_ns, tcb.ts_offset) if config.knobs.tcp_timestamps else None,
        syn=options,
        user_timeout_s=tcb.settings.advertised_user_timeout_s or None,
    )


def syn_ack(tcb: Tcb, now_ns: int) -> Segment:
    """The SYN-ACK of a connection that has no listener to send it: a simultaneous open, a lone LISTEN, a Fast Open child."""
    opening, agreed, receiver = tcb.opening, tcb.agreed, tcb.receiver
    assert opening is not None
    assert agreed is not None
    assert receiver is not None
    receiver.rcv_wup = receiver.rcv_nxt
    return Segment(
        seq=tcb.iss & MASK,
        ack=receiver.rcv_nxt & MASK,
        flags=SYN | ACK | (ECE if agreed.ecn else 0),
        window=min(receiver.rcv_wnd, LARGEST_FIELD),
        tsval=timestamp(now_ns, tcb.ts_offset) if agreed.timestamps else None,
        tsecr=tcb.ts_recent if agreed.timestamps else 0,
        syn=answer(tcb.config, agreed),
        user_timeout_s=tcb.settings.advertised_user_timeout_s or None,
    )


def acknowledging(tcb: Tcb, now_ns: int, seq: int, flags: int, payload: bytes = b"") -> Segment:
    """Any segment with ACK of a connection that knows its peer: acknowledgment, window, SACK, timestamps, ECE as they are now."""
    receiver, acks, agreed = tcb.receiver, tcb.acks, tcb.agreed
    assert receiver is not None
    assert acks is not None
    assert agreed is not None
    sack: tuple[tuple[int, int], ...] = ()
    if agreed.sack and (receiver.reassembly is not None or acks.dsack is not None):
        limit = SACK_BLOCKS_BESIDE_TIMESTAMPS if agreed.timestamps else SACK_BLOCKS_ALONE
        if payload:
            limit = min(limit, (tcb.config.send_mss_bytes(agreed) - len(payload) - SACK_OPTION_BYTES) // SACK_BLOCK_BYTES)
        blocks = acks.blocks(receiver, limit) if limit > 0 else ()
        sack = tuple((left & MASK, right & MASK) for left, right in blocks)
    before = receiver.rcv_wnd
    window = receiver.announce(acks.rcv_mss_bytes)
    if not window or not before:
        _count_zero_window(tcb, before, window)
    acks.on_sent()
    if acks.ece:
        flags |= ECE
    if agreed.timestamps:
        return Segment(
            seq & MASK, receiver.rcv_nxt & MASK, flags | ACK, window, payload, timestamp(now_ns, tcb.ts_offset), tcb.ts_recent, sack
        )
    return Segment(seq & MASK, receiver.rcv_nxt & MASK, flags | ACK, window, payload, sack=sack)


def _count_zero_window(tcb: Tcb, before: int, after: int) -> None:
    if before and not after:
        tcb.config.counters.add("TcpExt.TCPToZeroWindowAdv")
    elif after and not before:
        tcb.config.counters.add("TcpExt.TCPFromZeroWindowAdv")


def pure_ack(tcb: Tcb, now_ns: int) -> Segment:
    """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>."""
    return acknowledging(tcb, now_ns, tcb.snd_nxt, ACK)


def data_segment(tcb: Tcb, outgoing: Outgoing, now_ns: int) -> Segment:
    """What the sender wants to leave, with an acknowledgment on it."""
    flags = ACK
    if outgoing.psh:
        flags |= PSH
    if outgoing.fin:
        flags |= FIN
    if outgoing.cwr:
        flags |= CWR
    segment = acknowledging(tcb, now_ns, outgoing.seq, flags, outgoing.payload)
    if outgoing.urgent_position is not None:
        segment.flags |= URG
        segment.urgent = min(outgoing.urgent_position + 1 - outgoing.seq, LARGEST_FIELD)
    if outgoing.ect:
        tcb.transmit_ecn = ECT_0
    acks = tcb.acks
    assert acks is not None
    if outgoing.payload:
        acks.on_data_sent(now_ns)
    return segment


def probe(tcb: Tcb, now_ns: int) -> Segment:
    """A segment that the peer must answer: one position before what it has acknowledged last (RFC 9293 §3.8.4)."""
    assert tcb.sender is not None
    return acknowledging(tcb, now_ns, tcb.sender.snd_una - 1, ACK)


def reset_reply(segment: Segment) -> Segment:
    """The RST for a segment that fits no connection (RFC 9293 §3.10.7.1); of a segment that carries no RST itself."""
    if segment.flags & ACK:
        return Segment(seq=segment.ack, ack=0, flags=RST, window=0)
    return Segment(seq=0, ack=(segment.seq + segment.length) & MASK, flags=RST | ACK, window=0)


def reset(tcb: Tcb, now_ns: int) -> Segment:
    """<SEQ=SND.NXT><CTL=RST> of a connection that gives up (RFC 9293 §3.10.5), with ACK, window and timestamps as Linux sends it."""
    if tcb.receiver is None or tcb.acks is None:
        return Segment(seq=tcb.snd_nxt & MASK, ack=0, flags=RST, window=0)
    segment = acknowledging(tcb, now_ns, tcb.snd_nxt, RST | ACK)
    segment.sack = ()
    return segment
