"""The SACK scoreboard (RFC 2018, RFC 6675 §4, RFC 2883): which segments have arrived out of order, which were sent in vain.

Blocks that stood in the ACK before are not looked at again, so that an ACK costs what it reports for the first time.  Where a segment was
overtaken by others is where the network reorders; that widens the tolerance (`reordering`) and is remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.entries import ANY_RETRANSMISSION, LOST, RETRANSMITTED, SACKED, Sent
from estab.engine.sending.flags import DSACK_OF_PROBE, DSACKED, ORIGINAL_ARRIVED, SACKED_NEW
from estab.engine.sending.rack import advance, start_order
from estab.engine.sending.rate import arrived
from estab.engine.sending.retransmit import cut
from estab.engine.sending.variables import LOSS, trouble_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from estab.engine.sending.ack import Ack
    from estab.engine.sending.variables import SendVariables, Trouble


def frontier(sender: SendVariables) -> int:
    """Behind the highest byte selectively acknowledged (tcp_highest_sack_seq); SND.UNA where there is none."""
    trouble = sender.trouble
    if not sender.sacked_out or trouble is None:
        return sender.snd_una
    return sender.snd_nxt if trouble.sack_frontier is None else trouble.sack_frontier.start


def note_reordering(sender: SendVariables, low: int, *, by_timestamp: bool = False) -> None:
    """What begins at `low` arrived after what lies behind it: the distance to the frontier is how far the network reorders."""
    high = frontier(sender)
    if low >= high:
        return
    trouble = trouble_of(sender)
    mss = sender.mss_bytes
    distance = high - low
    if distance > trouble.reordering * mss:
        trouble.reordering = min(-(-distance // mss), sender.limits.max_reordering)
    trouble.reord_seen += 1
    sender.counters["TcpExt.TCPTSReorder" if by_timestamp else "TcpExt.TCPSACKReorder"] += 1


def take_blocks(sender: SendVariables, blocks: Sequence[tuple[int, int]], ack: Ack) -> None:
    """Marks what the blocks of an ACK report."""
    trouble = trouble_of(sender)
    if not sender.sacked_out:
        trouble.sack_frontier = sender.head
        trouble.sack_blocks = ()
    duplicate = check_dsack(sender, blocks, ack)
    if ack.ack < ack.prior_una - sender.max_snd_wnd or not sender.packets_out:
        return
    if trouble.sent_order is None:
        start_order(sender, trouble)
    ack.reordered_from = sender.snd_nxt
    usable: list[tuple[int, int]] = []
    for number, (left, right) in enumerate(blocks):
        is_duplicate = duplicate and number == 0
        if not is_valid(sender, trouble, left, right, is_duplicate=is_duplicate):
            sender.counters[_discard_name(trouble, is_duplicate=is_duplicate)] += 1
        elif right > ack.prior_una:
            if is_duplicate:
                mark_range(sender, left, right, ack, is_duplicate=True)
            else:
                usable.append((left, right))
    known = trouble.sack_blocks
    for left, right in sorted(usable):
        for start, end in new_parts(left, right, known):
            mark_range(sender, start, end, ack, is_duplicate=False)
    trouble.sack_blocks = tuple(sorted(usable))
    if sender.ca_state is not LOSS or trouble.undo_marker is not None:
        note_reordering(sender, ack.reordered_from)


def _discard_name(trouble: Trouble, *, is_duplicate: bool) -> str:
    if not is_duplicate:
        return "TcpExt.TCPSACKDiscard"
    return "TcpExt.TCPDSACKIgnoredNoUndo" if trouble.undo_marker is None else "TcpExt.TCPDSACKIgnoredOld"


def new_parts(left: int, right: int, known: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """What of a block does not lie in the sorted blocks of the ACK before.

    >>> new_parts(10, 50, ((0, 5), (20, 30), (40, 50)))
    [(10, 20), (30, 40)]
    """
    parts = []
    for start, end in known:
        if end <= left:
            continue
        if start >= right:
            break
        if start > left:
            parts.append((left, start))
        left = max(left, end)
        if left >= right:
            return parts
    parts.append((left, right))
    return parts


def is_valid(sender: SendVariables, trouble: Trouble, left: int, right: int, *, is_duplicate: bool) -> bool:
    """Whether a block can be true (tcp_is_sackblock_valid): of what was sent, above SND.UNA, or a D-SACK not older than the undo marker."""
    if right > sender.snd_nxt or left >= right:
        return False
    if left > sender.snd_una:
        return True
    marker = trouble.undo_marker
    if not is_duplicate or marker is None or right > sender.snd_una:
        return False
    if left >= marker:
        return True
    return right > marker and left >= right - sender.max_snd_wnd


def check_dsack(sender: SendVariables, blocks: Sequence[tuple[int, int]], ack: Ack) -> bool:
    """Whether the first block is a D-SACK (RFC 2883 §4): below the ACK, or within the second block; counts what arrived twice."""
    left, right = blocks[0]
    counters = sender.counters
    if left < ack.ack:
        counters["TcpExt.TCPDSACKRecv"] += 1
    elif len(blocks) > 1 and right <= blocks[1][1] and left >= blocks[1][0]:
        counters["TcpExt.TCPDSACKOfoRecv"] += 1
    else:
        return False
    trouble = trouble_of(sender)
    copies = _copies_seen(sender, trouble, left, right, ack)
    if not copies:
        counters["TcpExt.TCPDSACKIgnoredDubious"] += 1
        return False
    counters["TcpExt.TCPDSACKRecvSegs"] += copies
    marker = trouble.undo_marker
    if marker is not None and trouble.undo_retrans > 0 and marker < right <= ack.prior_una:
        trouble.undo_retrans = max(0, trouble.undo_retrans - copies)
    return True


def _copies_seen(sender: SendVariables, trouble: Trouble, left: int, right: int, ack: Ack) -> int:
    """Segments that a D-SACK reports as needless; 0 where it reports what was never sent twice."""
    length = right - left
    if length <= 0 or length > sender.max_snd_wnd:
        return 0
    copies = 1
    if length > sender.mss_bytes:
        copies = -(-length // sender.mss_bytes)
    elif trouble.tlp_high_seq and trouble.tlp_high_seq == right:
        ack.flags |= DSACK_OF_PROBE
    trouble.dsack_dups += copies
    if trouble.dsack_dups > trouble.total_retrans:
        return 0
    if trouble.reord_seen and not ack.flags & DSACK_OF_PROBE:
        trouble.dsack_seen = True
    ack.flags |= DSACKED
    sender.delivered += copies
    return copies


def mark_range(sender: SendVariables, left: int, right: int, ack: Ack, *, is_duplicate: bool) -> None:
    """Marks all entries that lie within a range; a large one that is covered in part is cut at a multiple of the MSS."""
    trouble = trouble_of(sender)
    entry = _entry_at(sender, trouble, left)
    while entry is not None and entry.start < right:
        following = entry.next
        if entry.end > left:
            covered = left <= entry.start and entry.end <= right
            if not covered and entry.segments > 1:
                covered = _cut_to(sender, entry, left, right)
                following = entry.next
            if covered:
                mark_one(sender, trouble, entry, ack, is_duplicate=is_duplicate)
        entry = following


def _entry_at(sender: SendVariables, trouble: Trouble, left: int) -> Sent | None:
    """An entry at or before a position to walk on from: the frontier where the block lies behind it, else the front of the queue."""
    edge = trouble.sack_frontier
    if edge is not None and edge.start <= left:
        return edge
    order = trouble.sent_order
    if order is not None and len(order) < sender.packets_out >> 1:
        # Few are missing: the one that the block begins with is among them.
        best = sender.head
        for entry in order:
            if entry.start <= left and (best is None or entry.start > best.start):
                best = entry
        return best
    return sender.head


def _cut_to(sender: SendVariables, entry: Sent, left: int, right: int) -> bool:
    """Cuts a large entry so that whole segments lie within or without a range; True where the first part lies within."""
    mss = sender.mss_bytes
    within = left <= entry.start
    length = (right if within else left) - entry.start
    if length < mss:
        if within:
            return False
        length = mss
    if length > mss:
        whole = length // mss * mss
        if not within and whole < length:
            whole += mss
        length = whole
    if length >= len(entry.payload):
        return within
    cut(sender, entry, length)
    return within


def mark_one(sender: SendVariables, trouble: Trouble, entry: Sent, ack: Ack, *, is_duplicate: bool) -> None:
    """One entry is reported: as arrived, or as arrived twice."""
    marks = entry.marks
    segments = entry.segments
    if is_duplicate and marks & ANY_RETRANSMISSION:
        marker = trouble.undo_marker
        if marker is not None and trouble.undo_retrans > 0 and entry.end > marker:
            trouble.undo_retrans = max(0, trouble.undo_retrans - segments)
        if marks & SACKED:
            ack.reordered_from = min(ack.reordered_from, entry.start)
    if entry.end <= sender.snd_una:
        return
    if not marks & SACKED:
        advance(sender, marks, entry.end, entry.sent_ns, ack.now_ns)
        if marks & RETRANSMITTED:
            if marks & LOST:
                marks &= ~(LOST | RETRANSMITTED)
                sender.lost_out -= segments
                sender.retrans_out -= segments
        else:
            if not marks & ANY_RETRANSMISSION:
                if entry.start < frontier(sender):
                    ack.reordered_from = min(ack.reordered_from, entry.start)
                if entry.end <= trouble.high_seq:
                    ack.flags |= ORIGINAL_ARRIVED
                if ack.first_sack_ns < 0:
                    ack.first_sack_ns = entry.sent_ns
                ack.last_sack_ns = entry.sent_ns
            if marks & LOST:
                marks &= ~LOST
                sender.lost_out -= segments
        marks |= SACKED
        ack.flags |= SACKED_NEW
        sender.sacked_out += segments
        sender.delivered += segments
        if trouble.sent_order is not None:
            trouble.sent_order.pop(entry, None)
    if is_duplicate and marks & RETRANSMITTED:
        marks &= ~RETRANSMITTED
        sender.retrans_out -= segments
    entry.marks = marks
    arrived(sender, entry, ack.sample)
    edge = trouble.sack_frontier
    if edge is not None and entry.start >= edge.start:
        trouble.sack_frontier = entry.next
