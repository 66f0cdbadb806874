"""Reducing the window within one round trip: beginning, each ACK's share (PRR), end; for losses and for ECN alike (RFC 3168 §6.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.flags import ADVANCED, DATA_ACKED, FORWARD
from estab.engine.sending.profile import ArqMode
from estab.engine.sending.validation import threshold_now
from estab.engine.sending.variables import CWR, RECOVERY, in_flight, trouble_of
from estab.laws.prr import sendable
from estab.laws.reno import NO_THRESHOLD

if TYPE_CHECKING:
    from estab.engine.sending.ack import Ack
    from estab.engine.sending.variables import SendVariables


def begin_reduction(sender: SendVariables) -> None:
    """ssthresh is set, PRR starts counting; the round trip ends when what is under way now is acknowledged."""
    trouble = trouble_of(sender)
    trouble.high_seq = sender.snd_nxt
    trouble.tlp_high_seq = 0
    sender.cwnd_credit = 0
    trouble.prior_cwnd = sender.cwnd
    trouble.prr_delivered = trouble.prr_out = 0
    sender.ssthresh = sender.congestion.threshold(sender)
    owe_cwr(sender)


def owe_cwr(sender: SendVariables) -> None:
    """With ECN the next new segment says CWR: the window has been reduced."""
    if sender.options.ecn:
        trouble_of(sender).ecn_cwr_due = True


def reduce(sender: SendVariables, newly_delivered: int, newly_lost: int, flags: int) -> None:
    """Sets the window for one ACK of a reduction by PRR; who goes back N sends the whole of the smaller window again at once."""
    if sender.profile.arq_mode is ArqMode.GO_BACK_N:
        sender.cwnd = max(sender.ssthresh, 1)
        return
    trouble = trouble_of(sender)
    if newly_delivered <= 0 or not trouble.prior_cwnd:
        return
    trouble.prr_delivered += newly_delivered
    flight = in_flight(sender)
    sender.cwnd = flight + sendable(
        ssthresh=sender.ssthresh,
        in_flight=flight,
        prior_cwnd=trouble.prior_cwnd,
        delivered=trouble.prr_delivered,
        out=trouble.prr_out,
        newly_delivered=newly_delivered,
        advanced=bool(flags & ADVANCED),
        newly_lost=newly_lost,
    )


def end_reduction(sender: SendVariables, now_ns: int) -> None:
    """The window is ssthresh now, unless the reduction was taken back."""
    if sender.congestion.models:
        return
    trouble = trouble_of(sender)
    if sender.ssthresh < NO_THRESHOLD and (sender.ca_state is CWR or trouble.undo_marker is not None):
        sender.cwnd = sender.ssthresh
        sender.cwnd_stamp_ns = now_ns


def enter_cwr(sender: SendVariables) -> None:
    """The network has marked a packet, or is congested at this host: a reduction without loss."""
    trouble = trouble_of(sender)
    trouble.prior_ssthresh = 0
    if sender.ca_state < CWR:
        trouble.undo_marker = None
        begin_reduction(sender)
        sender.ca_state = CWR
        sender.congestion.entered(sender, CWR)


def init_undo(sender: SendVariables) -> None:
    """From here on D-SACKs and echoed timestamps may prove that nothing was lost."""
    trouble = trouble_of(sender)
    trouble.undo_marker = sender.snd_una
    count = sender.retrans_out
    if trouble.tlp_high_seq and trouble.tlp_is_retransmission:
        count += 1
    trouble.undo_retrans = count or -1


def enter_recovery(sender: SendVariables, *, congestion_echoed: bool) -> None:
    """A loss is certain: the window is reduced once, and what is lost is sent again."""
    trouble = trouble_of(sender)
    sender.counters["TcpExt.TCPSackRecovery" if sender.sack_ok else "TcpExt.TCPRenoRecovery"] += 1
    trouble.prior_ssthresh = 0
    init_undo(sender)
    if sender.ca_state is not CWR and sender.ca_state is not RECOVERY:
        if not congestion_echoed:
            trouble.prior_ssthresh = threshold_now(sender)
        begin_reduction(sender)
    sender.ca_state = RECOVERY
    sender.congestion.entered(sender, RECOVERY)


def grow_or_reduce(sender: SendVariables, ack: Ack, delivered: int, lost: int) -> None:
    """What an ACK does to the window."""
    congestion = sender.congestion
    if congestion.models:
        congestion.model(sender, ack.sample, ack.now_ns)
    elif sender.ca_state is CWR or sender.ca_state is RECOVERY:
        reduce(sender, delivered, lost, ack.flags)
    elif may_grow(sender, ack.flags):
        congestion.grow(sender, delivered, ack.now_ns)


def may_grow(sender: SendVariables, flags: int) -> bool:
    """The window grows with data acknowledged in order; where the network reorders much, with all that arrives."""
    trouble = sender.trouble
    if trouble is not None and trouble.reordering > sender.limits.reordering:
        return flags & FORWARD != 0
    return flags & DATA_ACKED != 0
