"""Room in the send buffer: what a write may take, when a writer that waits is woken, and how the buffer grows with the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.numbers import shared_size
from estab.engine.sending import chronograph
from estab.engine.sending.buffer import LEAST_BUFFER_BYTES
from estab.engine.sending.variables import SendVariables, in_flight, reordering_of
from estab.laws.window import bounded_by_half_window

if TYPE_CHECKING:
    from collections import deque

    from estab.engine.sending.buffer import Record

LARGEST_RECORD_BYTES = 65_536 - 320
"""What Linux gathers in one buffer at most: a whole IP packet less the room for headers (sk_gso_max_size)."""
SEGMENT_HEADERS_BYTES = 320 + 320
SKB_BYTES = 256


def record_goal(sender: SendVariables) -> int:
    """How large a record may grow: near 64 KB, at most half of the largest window, a whole number of segments (tcp_xmit_size_goal)."""
    mss = sender.mss_bytes
    return max(bounded_by_half_window(LARGEST_RECORD_BYTES, sender.max_snd_wnd) // mss, 1) * mss


def has_memory(sender: SendVariables) -> bool:
    """A new record may be begun: the buffer is not full, and not too much waits unsent (tcp_notsent_lowat)."""
    return sender.wmem_bytes < sender.sndbuf_bytes and sender.write_seq - sender.snd_nxt < sender.notsent_lowat_bytes


def room(sender: SendVariables) -> int:
    """How many bytes a write is certain to be given: what the last record still takes, or a new one; 0: a write would take nothing.

    It may be given many more, for Linux looks at memory only when it begins a record.
    """
    if sender.fin_position is not None:
        return 0
    goal = record_goal(sender)
    buffer = sender.buffer
    if buffer is not None and buffer.records and not buffer.records[-1].eor:
        inside = goal - (sender.write_seq - start_of_last(sender, buffer.records))
        if inside > 0:
            return inside
    return goal if has_memory(sender) else 0


def is_writable(sender: SendVariables) -> bool:
    """POLLOUT (sk_stream_is_writeable): a third of what is used is free, and less than half of the low-water mark is unsent."""
    free = sender.sndbuf_bytes - sender.wmem_bytes
    unsent = sender.write_seq - sender.snd_nxt
    return free >= sender.wmem_bytes >> 1 and unsent << 1 < sender.notsent_lowat_bytes


def start_of_last(sender: SendVariables, records: deque[Record]) -> int:
    """Where the last record begins, or what is unsent of it."""
    return records[-2].end if len(records) > 1 else sender.snd_nxt


def grow_buffer(sender: SendVariables) -> None:
    """The send buffer follows the window: twice what a window of full segments counts for (tcp_sndbuf_expand)."""
    if sender.sndbuf_locked:
        return
    each = 1 << (sender.mss_limit_bytes + SEGMENT_HEADERS_BYTES - 1).bit_length()
    segments = max(sender.cwnd, sender.profile.initial_cwnd_segments, reordering_of(sender) + 1)
    wanted = 2 * segments * (each + SKB_BYTES)
    if wanted > sender.sndbuf_bytes:
        sender.sndbuf_bytes = shared_size(min(wanted, sender.limits.wmem_max_bytes))


def fix_buffer(sender: SendVariables, size_bytes: int) -> None:
    """See `Sender.set_send_buffer`."""
    sender.sndbuf_locked = True
    sender.sndbuf_bytes = max(size_bytes, LEAST_BUFFER_BYTES)


def check_room(sender: SendVariables, now_ns: int) -> None:
    """A writer waits for room: `wants_room` ends where there is enough (tcp_check_space); the buffer grows if it was what limited."""
    if in_flight(sender) < sender.cwnd:
        grow_buffer(sender)
    if is_writable(sender):
        sender.wants_room = False
        chronograph.stop(sender, chronograph.SNDBUF_LIMITED, now_ns)
