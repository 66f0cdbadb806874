"""The tail loss probe (RFC 8985 §7): something is sent when ACKs have stopped coming, so that a SACK shows what was lost at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.emission import conclude_burst, emit, next_length
from estab.engine.sending.flags import ADVANCED, DSACK_OF_PROBE, NOT_DUPLICATE, SACKED_NEW
from estab.engine.sending.reduction import begin_reduction, end_reduction
from estab.engine.sending.retransmit import cut, put_ready, resend
from estab.engine.sending.timers import clear_timer, rearm_rto
from estab.engine.sending.undo import try_keep_open
from estab.engine.sending.variables import CWR, trouble_of

if TYPE_CHECKING:
    from estab.engine.sending.ack import Ack
    from estab.engine.sending.variables import SendVariables


def probe(sender: SendVariables, now_ns: int) -> bool:
    """The probe is due: one segment of new data if the window has room, else the last one again; False where one is unsettled already.

    Afterwards the retransmission timer runs.
    """
    trouble = trouble_of(sender)
    if trouble.tlp_high_seq:
        rearm_rto(sender, now_ns)
        return False
    if sender.snd_nxt < sender.write_seq and (length := next_length(sender, now_ns, forced=True)) >= 0:
        trouble.tlp_is_retransmission = False
        put_ready(sender, emit(sender, length, now_ns))
        conclude_burst(sender, now_ns)
    else:
        tail = sender.tail
        assert tail is not None
        mss = sender.mss_bytes
        if tail.segments > 1 and len(tail.payload) > (tail.segments - 1) * mss:
            tail = cut(sender, tail, (tail.segments - 1) * mss)
        if not resend(sender, tail, 1, now_ns):
            rearm_rto(sender, now_ns)
            return False
        trouble.tlp_is_retransmission = True
    trouble.tlp_high_seq = sender.snd_nxt
    sender.counters["TcpExt.TCPLossProbes"] += 1
    clear_timer(sender)
    rearm_rto(sender, now_ns)
    return True


def settle(sender: SendVariables, ack: Ack) -> None:
    """An ACK tells what the probe met (RFC 8985 §7.4): where its original was lost, the window shrinks although the probe repaired it."""
    trouble = trouble_of(sender)
    if ack.ack < trouble.tlp_high_seq:
        return
    flags = ack.flags
    if not trouble.tlp_is_retransmission or flags & DSACK_OF_PROBE:
        trouble.tlp_high_seq = 0
    elif ack.ack > trouble.tlp_high_seq:
        begin_reduction(sender)
        sender.ca_state = CWR
        sender.congestion.entered(sender, CWR)
        end_reduction(sender, ack.now_ns)
        try_keep_open(sender)
        sender.counters["TcpExt.TCPLossProbeRecovery"] += 1
    elif not flags & (ADVANCED | NOT_DUPLICATE | SACKED_NEW):
        trouble.tlp_high_seq = 0
