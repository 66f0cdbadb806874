"""Taking a reduction back when it turns out that nothing was lost: by timestamps (Eifel, RFC 3522, RFC 4015), D-SACK (RFC 3708), F-RTO."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.entries import EVER_RETRANSMITTED, LOST
from estab.engine.sending.rack import PERSIST_RECOVERIES
from estab.engine.sending.variables import DISORDER, LOSS, OPEN, Trouble, trouble_of
from estab.instant import MILLISECOND_NS

if TYPE_CHECKING:
    from estab.engine.sending.ack import Ack
    from estab.engine.sending.variables import SendVariables
    from estab.snapshot import CongestionState


def set_state(sender: SendVariables, state: CongestionState) -> None:
    """The congestion state changes; the congestion control hears of it."""
    sender.ca_state = state
    sender.congestion.entered(sender, state)


def any_retransmission(sender: SendVariables) -> bool:
    """Whether something sent again may still be acknowledged (tcp_any_retrans_done)."""
    return sender.retrans_out > 0 or (sender.head is not None and sender.head.marks & EVER_RETRANSMITTED != 0)


def try_keep_open(sender: SendVariables) -> None:
    """Open where nothing is missing, Disorder where something may be."""
    state = DISORDER if sender.sacked_out or sender.lost_out or any_retransmission(sender) else OPEN
    if sender.ca_state is not state:
        set_state(sender, state)
        trouble_of(sender).high_seq = sender.snd_nxt


def echo_is_before(ack: Ack, instant_ns: int) -> bool:
    """The echoed timestamp was made before an instant: what is acknowledged was not sent then, but earlier."""
    return ack.tsecr_ns is not None and ack.tsecr_ns // MILLISECOND_NS < instant_ns // MILLISECOND_NS


def was_delayed(sender: SendVariables, ack: Ack) -> bool:
    """The original arrived, only late: its echo is older than the first retransmission, or nothing has been sent again yet."""
    stamp_ns = trouble_of(sender).retrans_stamp_ns
    return echo_is_before(ack, stamp_ns) if stamp_ns >= 0 else True


def may_undo(sender: SendVariables, ack: Ack) -> bool:
    """A reduction was made, and all its retransmissions were needless."""
    trouble = trouble_of(sender)
    return trouble.undo_marker is not None and (not trouble.undo_retrans or was_delayed(sender, ack))


def undo_reduction(sender: SendVariables, now_ns: int, *, unmark: bool) -> None:
    """The window as it was before; with `unmark` nothing counts as lost any more."""
    trouble = trouble_of(sender)
    if unmark:
        entry = sender.head
        while entry is not None:
            entry.marks &= ~LOST
            entry = entry.next
        sender.lost_out = 0
        trouble.retransmit_hint = None
        trouble.sent_order = None  # put together again when it is needed
    if trouble.prior_ssthresh:
        sender.cwnd = sender.congestion.undone(sender)
        if trouble.prior_ssthresh > sender.ssthresh:
            sender.ssthresh = trouble.prior_ssthresh
            trouble.ecn_cwr_due = False
    sender.cwnd_stamp_ns = now_ns
    trouble.undo_marker = None
    sender.rack_advanced = True


def holds_state(sender: SendVariables, trouble: Trouble) -> bool:
    """Without SACK the state is kept until something *above* high_seq is acknowledged: duplicate ACKs may still come (RFC 6582 §3.2)."""
    return sender.snd_una == trouble.high_seq and not sender.sack_ok


def try_undo_recovery(sender: SendVariables, ack: Ack) -> bool:
    """Everything of the episode is acknowledged: back to Open, with the old window if nothing had been lost; True where it is too early."""
    trouble = trouble_of(sender)
    if may_undo(sender, ack):
        name = "TcpExt.TCPLossUndo" if sender.ca_state is LOSS else "TcpExt.TCPFullUndo"
        undo_reduction(sender, ack.now_ns, unmark=False)
        sender.counters[name] += 1
    elif trouble.reo_wnd_persist:
        trouble.reo_wnd_persist -= 1
    if holds_state(sender, trouble):
        return True
    set_state(sender, OPEN)
    trouble.reneging = False
    return False


def try_undo_dsack(sender: SendVariables, now_ns: int) -> bool:
    """D-SACKs have reported every retransmission as needless."""
    trouble = trouble_of(sender)
    if trouble.undo_marker is None or trouble.undo_retrans:
        return False
    trouble.reo_wnd_persist = min(PERSIST_RECOVERIES, trouble.reo_wnd_persist + 1)
    undo_reduction(sender, now_ns, unmark=False)
    sender.counters["TcpExt.TCPDSACKUndo"] += 1
    return True


def try_undo_loss(sender: SendVariables, ack: Ack, *, by_frto: bool) -> bool:
    """A timeout was spurious."""
    if not by_frto and not may_undo(sender, ack):
        return False
    trouble = trouble_of(sender)
    undo_reduction(sender, ack.now_ns, unmark=True)
    sender.counters["TcpExt.TCPLossUndo"] += 1
    if by_frto:
        sender.counters["TcpExt.TCPSpuriousRTOs"] += 1
    sender.retransmits = 0
    if holds_state(sender, trouble):
        return True
    if by_frto or sender.sack_ok:
        set_state(sender, OPEN)
        trouble.reneging = False
    return True
