"""Effects that the sending half carries out: SEND, the FIN, acknowledgments, retransmissions (RFC 9293 §3.10.2, §3.10.7.4, fifth step)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine import handshake
from estab.engine.echo import echoed_ns
from estab.seq import unwrap
from estab.wire.segment import ECE

if TYPE_CHECKING:
    from estab.engine.occasion import Occasion
    from estab.engine.tcb import Tcb
    from estab.wire.segment import Segment


def queue_data(tcb: Tcb, occasion: Occasion) -> None:
    """QUEUE_DATA: what is written before ESTABLISHED waits, within the first size of the send buffer."""
    if tcb.sender is not None:
        send_data(tcb, occasion)
        return
    if tcb.early is None:
        tcb.early = bytearray()
    size = tcb.settings.sndbuf_bytes or tcb.config.knobs.tcp_wmem[1]
    occasion.taken = min(len(occasion.data), max(0, size - len(tcb.early)))
    tcb.early += occasion.data[: occasion.taken]


def send_data(tcb: Tcb, occasion: Occasion) -> None:
    """SEND_DATA: the sending half cuts it into segments when it may."""
    assert tcb.sender is not None
    occasion.taken = tcb.sender.write(
        occasion.data, occasion.now_ns, more=occasion.more, end_of_record=occasion.end_of_record, urgent=occasion.urgent
    )


def queue_fin(tcb: Tcb, occasion: Occasion) -> None:
    """QUEUE_FIN: behind all data that was written; in SYN-RECEIVED the sending half begins with it."""
    sender = tcb.sender
    if sender is None:
        sender = handshake.start_sending(tcb, 0, occasion.now_ns)
    sender.queue_fin(occasion.now_ns)


def advance_snd_una(tcb: Tcb, occasion: Occasion) -> None:
    """ADVANCE_SND_UNA and UPDATE_SND_WND are one call of the sending half, because each needs the other's values from before."""
    sender, segment, agreed = tcb.sender, occasion.segment, tcb.agreed
    assert sender is not None
    assert segment is not None
    assert agreed is not None
    occasion.result = sender.on_ack(
        occasion.ack,
        seg_seq=occasion.seq,
        seg_len=len(segment.payload),
        window=segment.window << agreed.snd_wscale,
        sack=unwrapped_blocks(segment, occasion.ack) if agreed.sack else (),
        tsecr_ns=echoed_ns(tcb, segment, occasion.now_ns),
        ece=bool(segment.flags & ECE) and agreed.ecn,
        now_ns=occasion.now_ns,
    )


def unwrapped_blocks(segment: Segment, ack: int) -> tuple[tuple[int, int], ...]:
    """SACK blocks as positions; those without length are dropped."""
    if not segment.sack:
        return ()
    blocks = ((unwrap(left, ack), unwrap(right, ack)) for left, right in segment.sack)
    return tuple((left, right) for left, right in blocks if left < right)


def update_snd_wnd(_tcb: Tcb, occasion: Occasion) -> None:
    """UPDATE_SND_WND: see `advance_snd_una`, which always stands before it."""
    assert occasion.result is not None


def record_fin_acked(_tcb: Tcb, _occasion: Occasion) -> None:
    """RECORD_FIN_ACKED: the sending half knows it by the position of its FIN; the new state is what remembers it."""


def retransmit(tcb: Tcb, occasion: Occasion) -> None:
    """RETRANSMIT: of a SYN here; data and FIN have been put in line by the sending half, whose timer it was."""
    if tcb.opening is not None:
        tcb.opening.retransmits += 1
        handshake.restart_timer(tcb, occasion.now_ns)
        tcb.config.counters.add("Tcp.RetransSegs")
        tcb.config.counters.add("TcpExt.TCPSynRetrans")
