"""Without SACK: duplicate ACKs stand for segments that have arrived, partial ACKs for the next loss (RFC 6582)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.entries import LOST
from estab.engine.sending.profile import ArqMode
from estab.engine.sending.rack import mark_lost
from estab.engine.sending.retransmit import cut
from estab.engine.sending.variables import RECOVERY, reordering_of, trouble_of

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables


def add_duplicates(sender: SendVariables, count: int) -> None:
    """Each duplicate ACK is one segment that has arrived."""
    if not count:
        return
    before = sender.sacked_out
    sender.sacked_out += count
    _limit(sender, 0)
    if sender.sacked_out > before:
        sender.delivered += sender.sacked_out - before


def remove_acked(sender: SendVariables, acked: int) -> None:
    """Segments were acknowledged: one fills the hole, the others are those that the duplicates stood for."""
    if acked > 0:
        sender.delivered += max(acked - sender.sacked_out, 1)
        sender.sacked_out = max(0, sender.sacked_out - (acked - 1))
    _limit(sender, acked)


def _limit(sender: SendVariables, acked: int) -> None:
    """No more can have arrived than was sent and is not missing; more duplicates than that mean reordering."""
    holes = min(max(sender.lost_out, 1), sender.packets_out)
    if sender.sacked_out + holes > sender.packets_out:
        sender.sacked_out = sender.packets_out - holes
        trouble = trouble_of(sender)
        trouble.reordering = min(sender.packets_out + acked, sender.limits.max_reordering)
        trouble.reord_seen += 1
        sender.counters["TcpExt.TCPRenoReorder"] += 1


def mark_front(sender: SendVariables, *, advanced: bool) -> None:
    """The front of the queue is lost: at the third duplicate, and at each partial ACK; going back N, all of it is."""
    in_recovery = sender.ca_state is RECOVERY
    if not (in_recovery and advanced) and not (sender.ca_state < RECOVERY and sender.sacked_out >= reordering_of(sender)):
        return
    head = sender.head
    if head is None or head.marks & LOST:
        return
    if sender.profile.arq_mode is ArqMode.GO_BACK_N:
        mark_all(sender)
        return
    if head.segments > 1 and len(head.payload) > sender.mss_bytes:
        cut(sender, head, sender.mss_bytes)
    mark_lost(sender, head)


def mark_all(sender: SendVariables) -> None:
    """Everything that is under way is lost: it will be sent again in order."""
    sender.sacked_out = 0
    entry = sender.head
    while entry is not None:
        mark_lost(sender, entry)
        entry = entry.next
