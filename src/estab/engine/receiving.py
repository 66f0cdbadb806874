"""Effects of text and FIN: the receiving half meets the machine, and an ACK is owed (RFC 9293 §3.10.7.4, seventh and eighth step)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.acknowledging import DELACK_MAX_NS
from estab.engine.autotune import SMALL_TEXT_BYTES, open_window
from estab.engine.echo import echoed_ns
from estab.engine.events import DATA_ARRIVED
from estab.instant import SECOND_NS
from estab.machine.states import SYNCHRONIZED_OPEN, State, mask
from estab.machine.stimuli import Stimulus
from estab.wire.segment import CWR, PSH

if TYPE_CHECKING:
    from estab.engine.acknowledging import AckPolicy
    from estab.engine.occasion import Occasion
    from estab.engine.receiver import Receiver
    from estab.engine.tcb import Tcb
    from estab.wire.segment import Segment


def queue_text(tcb: Tcb, occasion: Occasion) -> None:
    """QUEUE_TEXT: in its turn or not, what is new is kept; what has been here before is reported by D-SACK (RFC 2883)."""
    receiver, acks, agreed = tcb.receiver, tcb.acks, tcb.agreed
    assert receiver is not None
    assert acks is not None
    assert agreed is not None
    before, held = receiver.rcv_nxt, receiver.reassembly is not None
    repeated = receiver.accept(occasion.seq, occasion.text)
    tcb.data_segs_in += 1
    if repeated is not None:
        _report(tcb, acks, receiver, repeated, before)
    if receiver.rcv_nxt > before:
        assert occasion.segment is not None
        take_in(tcb, receiver, acks, occasion.segment, len(occasion.text), occasion.now_ns)
        if held and receiver.reassembly is None:
            acks.now = True  # the hole is filled: RFC 5681 §4.2
        if receiver.unread_bytes:
            tcb.tell(DATA_ARRIVED)
    elif occasion.seq > before:
        acks.owed = True
        acks.touched(occasion.seq)
        tcb.config.counters.add("TcpExt.TCPOFOQueue")
    else:
        acks.enter_quickack_mode(receiver.rcv_wnd)
        acks.owed = True
        tcb.config.counters.add("TcpExt.DelayedACKLost")
    if agreed.ecn and occasion.segment is not None:
        acks.on_ecn(occasion.ecn, cwr=bool(occasion.segment.flags & CWR), rcv_wnd=receiver.rcv_wnd)


def _report(tcb: Tcb, acks: AckPolicy, receiver: Receiver, repeated: tuple[int, int], before: int) -> None:
    if tcb.agreed is not None and tcb.agreed.sack and tcb.config.knobs.tcp_dsack:
        acks.repeated(*repeated)
        tcb.config.counters.add("TcpExt.TCPDSACKOldSent" if repeated[0] < before else "TcpExt.TCPDSACKOfoSent")
    acks.enter_quickack_mode(receiver.rcv_wnd)


def take_in(tcb: Tcb, receiver: Receiver, acks: AckPolicy, segment: Segment, length: int, now_ns: int) -> None:
    """Text has come in its turn: the rhythm of ACKs, the round trip as the receiver sees it, the window (tcp_event_data_recv)."""
    tcb.last_data_recv_ns = now_ns
    acks.on_text(
        length,
        push=segment.flags & PSH != 0,
        rcv_wnd=receiver.rcv_wnd,
        advmss_bytes=receiver.advmss_bytes,
        rto_ns=SECOND_NS if tcb.sender is None else tcb.sender.rto_ns,
        now_ns=now_ns,
    )
    shape = receiver.shape
    if segment.tsval is None:
        shape.measure_by_window(receiver.rcv_nxt, receiver.rcv_wnd, now_ns)
    elif segment.tsecr != shape.sampled_echo and length >= acks.rcv_mss_bytes:
        echoed = echoed_ns(tcb, segment, now_ns)
        if echoed is not None:
            shape.sampled_echo = segment.tsecr
            shape.take_sample(now_ns - echoed, by_window=False)
    if length >= SMALL_TEXT_BYTES and open_window(receiver, length) and not acks.quick:
        acks.quick = 1


def rto_of(tcb: Tcb) -> int:
    """The retransmission timeout, which bounds how long an ACK may be kept back."""
    return SECOND_NS if tcb.sender is None else tcb.sender.rto_ns


def rtt_of(tcb: Tcb) -> int:
    """The smoothed round trip in nanoseconds; 0 while none is known."""
    return 0 if tcb.sender is None else tcb.sender.estimate.srtt8_us * 125


def owe_ack(tcb: Tcb, occasion: Occasion) -> None:
    """The row owes an ACK, which may wait for data (RFC 9293 §3.8.6.3); text has said so itself already."""
    assert tcb.acks is not None
    tcb.acks.owed = True
    if occasion.stimulus is Stimulus.FIN and occasion.was is tcb.state:
        tcb.acks.now = True  # a FIN that came again: the ACK of the first was lost


def acknowledge_syn(tcb: Tcb, occasion: Occasion) -> None:
    """The handshake's last ACK leaves at once, unless data is about to be written that can carry it (tcp_rcv_synsent_state_process)."""
    acks, sender = tcb.acks, tcb.sender
    assert acks is not None
    assert tcb.receiver is not None
    acks.owed = True
    if tcb.room_wanted or (sender is not None and sender.unsent_bytes):
        acks.enter_quickack_mode(tcb.receiver.rcv_wnd)
        acks.deadline_ns = occasion.now_ns + DELACK_MAX_NS
    else:
        acks.now = True


def advance_over_fin(tcb: Tcb, occasion: Occasion) -> None:
    """ADVANCE_OVER_FIN: nothing can follow.

    Where our half is still open the ACK waits for an answer, which may well be our own FIN; elsewhere it leaves at once (tcp_fin).
    """
    receiver, acks = tcb.receiver, tcb.acks
    assert receiver is not None
    assert acks is not None
    receiver.pass_fin()
    acks.owed = True
    if mask(occasion.was) & (SYNCHRONIZED_OPEN | mask(State.SYN_RECEIVED)):
        acks.pingpong = True
    else:
        acks.now = True
