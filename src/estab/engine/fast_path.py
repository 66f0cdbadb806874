"""Header prediction: the two segments that make up nearly all traffic of an established connection, in as few steps as they need.

Text in its turn, and a pure ACK; both without any surprise.  Whatever is not exactly that takes the eight steps of `inbound`, and a test
holds that both ways lead to the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.echo import echoed_ns
from estab.engine.events import DATA_ARRIVED
from estab.engine.receiving import take_in
from estab.engine.sending_part import unwrapped_blocks
from estab.seq import HALF, MASK
from estab.wire.segment import ACK, PSH

if TYPE_CHECKING:
    from estab.engine.tcb import Tcb
    from estab.wire.segment import Segment

PREDICTED = ~PSH
CONGESTED = 3


def take_quickly(tcb: Tcb, segment: Segment, now_ns: int, ecn: int) -> bool:
    """True if the segment was one of the two and has been taken; False: nothing has been done.  Only in ESTABLISHED."""
    receiver, sender, agreed, acks = tcb.receiver, tcb.sender, tcb.agreed, tcb.acks
    if receiver is None or sender is None or agreed is None or acks is None:
        return False
    rcv_nxt = receiver.rcv_nxt
    if segment.flags & PREDICTED != ACK or segment.seq != rcv_nxt & MASK or segment.user_timeout_s is not None:
        return False
    snd_una = sender.snd_una
    ack = snd_una + ((segment.ack - snd_una) & MASK)
    if ack > sender.snd_nxt or tcb.opening is not None or tcb.close_queued:
        return False
    if agreed.timestamps:
        tsval = segment.tsval
        if tsval is None or (tsval - tcb.ts_recent) & MASK >= HALF:
            return False
    length = len(segment.payload)
    if length and (
        (agreed.ecn and (ecn == CONGESTED or acks.saw_ect is not (ecn != 0)))
        or receiver.reassembly is not None
        or receiver.urgent_position is not None
        or receiver.fin_position is not None
        or length > receiver.rcv_wup + receiver.rcv_wnd - rcv_nxt
    ):
        return False
    tcb.last_ack_recv_ns = now_ns
    tcb.probes_out = 0
    if agreed.timestamps and rcv_nxt == receiver.rcv_wup:
        assert segment.tsval is not None
        tcb.ts_recent, tcb.ts_recent_ns = segment.tsval, now_ns
    window = segment.window << agreed.snd_wscale
    if not length or ack != snd_una or window != sender.snd_wnd or segment.sack:
        sender.on_ack(
            ack,
            seg_seq=rcv_nxt,
            seg_len=length,
            window=window,
            sack=unwrapped_blocks(segment, ack) if agreed.sack and segment.sack else (),
            tsecr_ns=echoed_ns(tcb, segment, now_ns),
            ece=False,
            now_ns=now_ns,
        )
    else:
        sender.snd_wl1, sender.last_ack_ns = rcv_nxt, now_ns
    if length:
        receiver.advance(segment.payload)
        tcb.data_segs_in += 1
        tcb.config.counters["TcpExt.TCPHPHits"] += 1
        take_in(tcb, receiver, acks, segment, length, now_ns)
        tcb.tell(DATA_ARRIVED)
        acks.settle(receiver, sender.estimate.srtt8_us * 125, now_ns)
    return True
