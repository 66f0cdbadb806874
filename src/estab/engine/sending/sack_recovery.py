"""Losses by counting (RFC 6675), for connections whose RACK is switched off (`tcp_recovery` without its first bit).

A segment is lost when DupThresh segments above it have been selectively acknowledged (IsLost, RFC 6675 §4), counted in segments as Linux
does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.entries import LOST, SACKED
from estab.engine.sending.rack import mark_lost
from estab.engine.sending.retransmit import cut
from estab.engine.sending.variables import reordering_of

if TYPE_CHECKING:
    from estab.engine.sending.variables import SendVariables


def is_time(sender: SendVariables) -> bool:
    """More segments have arrived above the hole than the network is known to reorder."""
    return sender.sacked_out >= reordering_of(sender)


def update(sender: SendVariables, *, fast: bool) -> None:
    """Marks lost what has DupThresh segments above it; at the beginning of a recovery at least the front."""
    threshold = sender.sacked_out - reordering_of(sender)
    if threshold >= 0:
        _mark_below(sender, threshold)
    if fast and sender.head is not None and not sender.lost_out:
        _mark_head(sender)


def _mark_head(sender: SendVariables) -> None:
    head = sender.head
    assert head is not None
    if head.segments > 1 and len(head.payload) > sender.mss_bytes:
        cut(sender, head, sender.mss_bytes)
    if not head.marks & (LOST | SACKED):
        mark_lost(sender, head)


def _mark_below(sender: SendVariables, above: int) -> None:
    """Marks all unacknowledged entries until more than `above` selectively acknowledged segments have been passed."""
    passed = 0
    entry = sender.head
    while entry is not None:
        if entry.marks & SACKED:
            passed += entry.segments
            if passed > above:
                return
        elif not entry.marks & LOST:
            mark_lost(sender, entry)
        entry = entry.next
