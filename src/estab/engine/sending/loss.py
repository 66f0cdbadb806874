"""The retransmission timeout (RFC 6298 §5.4 to §5.6, RFC 5681 §3.1): all counts as lost, the window is one segment, the timer doubles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.events import Patience
from estab.engine.sending import patience
from estab.engine.sending.entries import LOST, RETRANSMITTED, SACKED
from estab.engine.sending.mtu import black_hole_suspected
from estab.engine.sending.outgoing import Action, SenderVerdict
from estab.engine.sending.profile import ArqMode
from estab.engine.sending.rack import mark_lost, remaining_us
from estab.engine.sending.reduction import init_undo, owe_cwr
from estab.engine.sending.retransmit import retransmit
from estab.engine.sending.timers import set_timer
from estab.engine.sending.undo import set_state
from estab.engine.sending.validation import threshold_now
from estab.engine.sending.variables import DISORDER, LOSS, OPEN, RECOVERY, RETRANSMIT, in_flight, trouble_of

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables

RETRANSMITTED_FRONT = SenderVerdict(Action.RETRANSMITTED)


def on_timeout(sender: SendVariables, now_ns: int) -> SenderVerdict:
    """The retransmission timer has run out."""
    head = sender.head
    assert head is not None
    trouble = trouble_of(sender)
    if not sender.snd_wnd and not sender.is_orphan and not sender.is_opening:
        # The window was closed behind what is under way: sending it again probes the window, and an answer keeps the connection.
        if patience.closed_window_is_over(sender, head.sent_ns if trouble.silent_since_ns < 0 else trouble.silent_since_ns, now_ns):
            return patience.given_up(sender, Patience.PERSIST)
        enter_loss(sender, now_ns)
        retransmit(sender, head, 1, now_ns)
        back_off(sender, now_ns)
        return RETRANSMITTED_FRONT
    sender.counters["TcpExt.TCPTimeouts"] += 1
    if patience.retries_are_over(sender, sender.limits.retries1, 0, now_ns):
        black_hole_suspected(sender, now_ns)
    verdict = patience.judge_retransmissions(sender, now_ns)
    if verdict is not None:
        return verdict
    sender.counters["TcpExt.TcpTimeoutRehash"] += 1
    if sender.retransmits == 0:
        _count_failure(sender)
    enter_loss(sender, now_ns)
    if sender.retransmits == 0:
        trouble.total_rto_recoveries += 1
        trouble.rto_stamp_ns = now_ns
    sender.retransmits += 1
    trouble.total_rto += 1
    front = sender.head
    assert front is not None
    retransmit(sender, front, 1, now_ns)
    back_off(sender, now_ns)
    return RETRANSMITTED_FRONT


def back_off(sender: SendVariables, now_ns: int) -> None:
    """Doubles the RTO and starts the timer (RFC 6298 §5.5, §5.6); it does not run past the user timeout."""
    sender.backoff += 1
    sender.rto_us = min(sender.rto_us << 1, sender.limits.rto_max_us)
    set_timer(sender, RETRANSMIT, patience.clamped_rto_us(sender, now_ns), now_ns)


def _count_failure(sender: SendVariables) -> None:
    """What kind of repair the timeout interrupts."""
    sack = sender.sack_ok
    if sender.ca_state is RECOVERY:
        sender.counters["TcpExt.TCPSackRecoveryFail" if sack else "TcpExt.TCPRenoRecoveryFail"] += 1
    elif sender.ca_state is LOSS:
        sender.counters["TcpExt.TCPLossFailures"] += 1
    elif sender.ca_state is DISORDER or sender.sacked_out:
        sender.counters["TcpExt.TCPSackFailures" if sack else "TcpExt.TCPRenoFailures"] += 1


def enter_loss(sender: SendVariables, now_ns: int) -> None:
    """Loss: ssthresh is set once in a window, cwnd is one segment beyond what is in flight; F-RTO watches the next ACKs."""
    trouble = trouble_of(sender)
    state = sender.ca_state
    is_new = state < RECOVERY
    mark_timeout(sender, now_ns)
    if state in {OPEN, DISORDER} or trouble.high_seq <= sender.snd_una or (state is LOSS and not sender.retransmits):
        trouble.prior_ssthresh = threshold_now(sender)
        trouble.prior_cwnd = sender.cwnd
        sender.ssthresh = sender.congestion.threshold(sender)
        init_undo(sender)
    sender.cwnd = in_flight(sender) + 1
    sender.cwnd_credit = 0
    sender.cwnd_stamp_ns = now_ns
    if state in {OPEN, DISORDER} and sender.sacked_out >= sender.limits.reordering:
        trouble.reordering = min(trouble.reordering, sender.limits.reordering)
    set_state(sender, LOSS)
    trouble.high_seq = sender.snd_nxt
    trouble.tlp_high_seq = 0
    owe_cwr(sender)
    probing = sender.path is not None and sender.path.probe_bytes > 0
    trouble.frto = sender.limits.frto and (is_new or sender.retransmits > 0) and not probing


def mark_timeout(sender: SendVariables, now_ns: int) -> None:
    """Marks what the timeout says is lost: all, but for what RACK knows to have been sent too lately to have arrived.

    Where the front had been reported as arrived the receiver has reneged: all its reports are forgotten (RFC 2018 §8).
    """
    head = sender.head
    assert head is not None
    trouble = trouble_of(sender)
    reneged = bool(head.marks & SACKED) and sender.sack_ok
    if reneged:
        sender.counters["TcpExt.TCPSACKReneging"] += 1
        sender.sacked_out = 0
        trouble.reneging = True
    elif not sender.sack_ok:
        sender.sacked_out = 0
    by_time = sender.sack_ok and sender.limits.rack and sender.profile.arq_mode is ArqMode.SELECTIVE
    entry = sender.head
    while entry is not None:
        if reneged:
            entry.marks &= ~SACKED
        if reneged or entry is head or not by_time or remaining_us(sender, entry, 0, now_ns) <= 0:
            mark_lost(sender, entry)
            if trouble.sent_order is not None and entry.marks & LOST and not entry.marks & RETRANSMITTED:
                trouble.sent_order.pop(entry, None)
        entry = entry.next
    trouble.retransmit_hint = None
