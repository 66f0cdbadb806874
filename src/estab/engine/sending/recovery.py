"""What a doubtful ACK means: the states Open, Disorder, CWR, Recovery and Loss, their ends and beginnings (tcp_fastretrans_alert).

An ACK is doubtful if it acknowledges nothing new, reports something out of order, echoes congestion, or comes while something is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending import newreno, sack_recovery
from estab.engine.sending.flags import (
    ADVANCED,
    CONGESTION_ECHOED,
    ORIGINAL_ARRIVED,
    RENEGED,
    RETRANSMISSION_LOST,
    SACKED_NEW,
    SET_TIMER,
)
from estab.engine.sending.rack import find_losses
from estab.engine.sending.reduction import end_reduction, enter_cwr, enter_recovery
from estab.engine.sending.scoreboard import frontier, note_reordering
from estab.engine.sending.timers import set_timer
from estab.engine.sending.undo import (
    any_retransmission,
    set_state,
    try_keep_open,
    try_undo_dsack,
    try_undo_loss,
    try_undo_recovery,
    undo_reduction,
    was_delayed,
)
from estab.engine.sending.variables import (
    CWR,
    DISORDER,
    LOSS,
    OPEN,
    RECOVERY,
    RESEND_LOST,
    RETRANSMIT,
    SEND_NEW_FIRST,
    reordering_of,
    trouble_of,
    window_end,
)

if TYPE_CHECKING:
    from estab.engine.sending.ack import Ack
    from estab.engine.sending.variables import SendVariables, Trouble


def alert(sender: SendVariables, ack: Ack) -> None:
    """Takes an ACK through the states; what is then to be sent again stands in `resend`."""
    trouble = trouble_of(sender)
    if not sender.packets_out:
        sender.sacked_out = 0
    if ack.flags & CONGESTION_ECHOED:
        trouble.prior_ssthresh = 0
    if check_reneging(sender, ack):
        return
    ack.counts_losses = ack.duplicates > 0 or (ack.flags & SACKED_NEW != 0 and far_reported(sender))
    if end_of_state(sender, trouble, ack):
        return
    state = sender.ca_state
    if state is RECOVERY:
        if not in_recovery(sender, trouble, ack):
            return
        fast = False
    else:
        if state is LOSS and not in_loss(sender, trouble, ack):
            return
        if not in_order_or_disorder(sender, ack):
            return
        fast = True
    if ack.counts_losses and not sender.limits.rack and sender.sack_ok:
        sack_recovery.update(sender, fast=fast)
    sender.resend = RESEND_LOST


def far_reported(sender: SendVariables) -> bool:
    """Something lies further above SND.UNA than the network reorders (tcp_force_fast_retransmit)."""
    return frontier(sender) > sender.snd_una + reordering_of(sender) * sender.mss_bytes


def check_reneging(sender: SendVariables, ack: Ack) -> bool:
    """The receiver acknowledges up to what it had reported before: it may have thrown it away (RFC 2018 §8).

    A short wait shows whether that ACK was only the first of several; then the timeout forgets all reports.
    """
    if not ack.flags & RENEGED or not ack.flags & ADVANCED:
        return False
    wait_us = max(sender.estimate.srtt8_us >> 4, 10_000)
    set_timer(sender, RETRANSMIT, wait_us, ack.now_ns)
    ack.flags &= ~SET_TIMER
    return True


def end_of_state(sender: SendVariables, trouble: Trouble, ack: Ack) -> bool:
    """Ends a state when everything that was under way at its beginning is acknowledged; True where nothing more is to be done."""
    state = sender.ca_state
    if state is OPEN:
        trouble.retrans_stamp_ns = -1
    elif sender.snd_una >= trouble.high_seq:
        if state is CWR:
            # Held until something above high_seq is acknowledged, so that the CWR bit has reached the receiver.
            if sender.snd_una != trouble.high_seq:
                end_reduction(sender, ack.now_ns)
                set_state(sender, OPEN)
        elif state is RECOVERY:
            if not sender.sack_ok:
                sender.sacked_out = 0
            if try_undo_recovery(sender, ack):
                return True
            end_reduction(sender, ack.now_ns)
    return False


def in_recovery(sender: SendVariables, trouble: Trouble, ack: Ack) -> bool:
    """Recovery goes on, is taken back, or begins again; False where nothing is to be sent again."""
    if not ack.flags & ADVANCED:
        if not sender.sack_ok:
            newreno.add_duplicates(sender, ack.duplicates)
    elif try_undo_partial(sender, trouble, ack):
        return False
    if try_undo_dsack(sender, ack.now_ns):
        try_to_open(sender, ack)
    identify_losses(sender, ack)
    if sender.ca_state is not RECOVERY:
        if not is_time_to_recover(sender):
            return False
        enter_recovery(sender, congestion_echoed=bool(ack.flags & CONGESTION_ECHOED))
    return True


def in_loss(sender: SendVariables, trouble: Trouble, ack: Ack) -> bool:
    """After a timeout; True where the ACK is to be judged as in Open as well."""
    process_loss(sender, trouble, ack)
    if sender.ca_state is not LOSS:
        _count_rto_time(sender, trouble, ack.now_ns)
    identify_losses(sender, ack)
    return sender.ca_state is OPEN or ack.flags & RETRANSMISSION_LOST != 0


def in_order_or_disorder(sender: SendVariables, ack: Ack) -> bool:
    """Open, Disorder or CWR: is a loss certain now?  False where it is not."""
    if not sender.sack_ok:
        if ack.flags & ADVANCED:
            sender.sacked_out = 0
        newreno.add_duplicates(sender, ack.duplicates)
    if sender.ca_state is OPEN or sender.ca_state is DISORDER:
        try_undo_dsack(sender, ack.now_ns)
    identify_losses(sender, ack)
    if not is_time_to_recover(sender):
        try_to_open(sender, ack)
        return False
    path = sender.path
    if sender.ca_state < CWR and path is not None and path.probe_bytes and sender.snd_una == path.probe_start:
        path.failed(sender, ack.now_ns)
        return False
    enter_recovery(sender, congestion_echoed=bool(ack.flags & CONGESTION_ECHOED))
    return True


def is_time_to_recover(sender: SendVariables) -> bool:
    """Something is certainly lost, or by RFC 6675 has enough above it."""
    if sender.lost_out:
        return True
    return not sender.limits.rack and sender.sack_ok and sack_recovery.is_time(sender)


def identify_losses(sender: SendVariables, ack: Ack) -> None:
    """Marks what this ACK shows to be lost."""
    if sender.head is None:
        return
    if not sender.sack_ok:
        newreno.mark_front(sender, advanced=bool(ack.flags & ADVANCED))
    elif sender.limits.rack:
        before = sender.retrans_out
        if find_losses(sender, ack.now_ns):
            ack.flags &= ~SET_TIMER
        if before > sender.retrans_out:
            ack.flags |= RETRANSMISSION_LOST


def try_to_open(sender: SendVariables, ack: Ack) -> None:
    """No loss: Open, Disorder, or a reduction because of a mark."""
    if not any_retransmission(sender):
        trouble_of(sender).retrans_stamp_ns = -1
    if ack.flags & CONGESTION_ECHOED:
        enter_cwr(sender)
    if sender.ca_state is not CWR:
        try_keep_open(sender)


def try_undo_partial(sender: SendVariables, trouble: Trouble, ack: Ack) -> bool:
    """A hole was filled by what had only been late, not by its retransmission; True where nothing more is to be believed lost now."""
    if trouble.undo_marker is None or not was_delayed(sender, ack):
        ack.counts_losses = far_reported(sender)
        return False
    note_reordering(sender, ack.prior_una, by_timestamp=True)
    if sender.retrans_out:
        return True
    if not any_retransmission(sender):
        trouble.retrans_stamp_ns = -1
    undo_reduction(sender, ack.now_ns, unmark=True)
    sender.counters["TcpExt.TCPPartialUndo"] += 1
    try_keep_open(sender)
    return False


def process_loss(sender: SendVariables, trouble: Trouble, ack: Ack) -> None:
    """After a timeout: was it spurious (F-RTO, RFC 5682 §3.1), is it over, or does sending again go on?"""
    recovered = sender.snd_una >= trouble.high_seq
    flags = ack.flags
    if flags & ADVANCED and try_undo_loss(sender, ack, by_frto=False):
        return
    if trouble.frto:
        if flags & ORIGINAL_ARRIVED and try_undo_loss(sender, ack, by_frto=True):
            return
        if sender.snd_nxt > trouble.high_seq:
            if flags & SACKED_NEW or ack.duplicates:
                trouble.frto = False  # step 3.a: the loss was real
        elif flags & ADVANCED and not recovered:
            trouble.high_seq = sender.snd_nxt
            # Step 2.b: new data tells more than old; it leaves before anything is sent again.
            if sender.snd_nxt < sender.write_seq and window_end(sender) > sender.snd_nxt:
                sender.resend = SEND_NEW_FIRST
                return
            trouble.frto = False
    if recovered:
        try_undo_recovery(sender, ack)
        return
    if not sender.sack_ok:
        if sender.snd_nxt > trouble.high_seq and ack.duplicates:
            newreno.add_duplicates(sender, ack.duplicates)
        elif flags & ADVANCED:
            sender.sacked_out = 0
    sender.resend = RESEND_LOST


def _count_rto_time(sender: SendVariables, trouble: Trouble, now_ns: int) -> None:
    """The end of a recovery from timeouts, for TCP_INFO (`total_rto_time`)."""
    if trouble.rto_stamp_ns >= 0:
        trouble.total_rto_ns += now_ns - trouble.rto_stamp_ns
        trouble.rto_stamp_ns = -1
    assert sender.ca_state is not LOSS
