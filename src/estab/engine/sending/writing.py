"""What the user hands over: bytes into records, as far as the buffer has room; the FIN; the urgent mark (tcp_sendmsg, tcp_send_fin)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending import chronograph
from estab.engine.sending.buffer import LEAST_BUFFER_BYTES, OVERHEAD_BYTES, Record, SendBuffer
from estab.engine.sending.rate import check_app_limited
from estab.engine.sending.validation import restart_after_idle
from estab.engine.sending.variables import PUSH_NOW, SendVariables, in_flight, reordering_of, window_end
from estab.laws.window import bounded_by_half_window

if TYPE_CHECKING:
    from collections import deque

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
    """How many bytes a write would be given."""
    if sender.fin_position is not None:
        return 0
    goal = record_goal(sender)
    buffer = sender.buffer
    inside = 0
    if buffer is not None and buffer.records and not buffer.records[-1].eor:
        inside = max(0, goal - (sender.write_seq - _start_of_last(sender, buffer.records)))
    if sender.write_seq + inside - sender.snd_nxt >= sender.notsent_lowat_bytes:
        return inside
    free = sender.sndbuf_bytes - sender.wmem_bytes - inside
    by_memory = -(-free // (goal + OVERHEAD_BYTES)) * goal if free > 0 else 0
    by_unsent = sender.notsent_lowat_bytes - (sender.write_seq + inside - sender.snd_nxt)
    return inside + min(by_memory, -(-by_unsent // goal) * goal)


def is_writable(sender: SendVariables) -> bool:
    """POLLOUT (sk_stream_is_writeable): a third of what is used is free, and less than half of the low-water mark is unsent."""
    free = sender.sndbuf_bytes - sender.wmem_bytes
    unsent = sender.write_seq - sender.snd_nxt
    return free >= sender.wmem_bytes >> 1 and unsent << 1 < sender.notsent_lowat_bytes


def _start_of_last(sender: SendVariables, records: deque[Record]) -> int:
    return records[-2].end if len(records) > 1 else sender.snd_nxt


def write(sender: SendVariables, data: bytes | memoryview, now_ns: int, *, more: bool, end_of_record: bool, urgent: bool) -> int:
    """See `Sender.write`."""
    if sender.fin_position is not None or not len(data):
        return 0
    check_app_limited(sender)
    taken = _gather(sender, data, now_ns)
    if taken < len(data):
        sender.wants_room = True
    if not taken:
        return 0
    buffer = sender.buffer
    assert buffer is not None
    last = buffer.records[-1]
    sender.corked_write = more
    if not more or sender.write_seq - sender.pushed_seq > sender.max_snd_wnd >> 1:
        last.push = True
        sender.pushed_seq = sender.write_seq
    if end_of_record and taken == len(data):
        last.eor = True
    if urgent and taken == len(data):
        sender.snd_up = sender.write_seq
    return taken


def _gather(sender: SendVariables, data: bytes | memoryview, now_ns: int) -> int:
    """Puts bytes into records until there is no room; gives how many."""
    buffer = sender.buffer
    if buffer is None:
        if not has_memory(sender):
            return 0
        buffer = sender.buffer = SendBuffer()
    records = buffer.records
    goal = record_goal(sender)
    total = len(data)
    taken = 0
    while taken < total:
        inside = 0
        if records and not records[-1].eor:
            inside = goal - (sender.write_seq - _start_of_last(sender, records))
        if inside <= 0:
            if not has_memory(sender):
                break
            begin_record(sender, buffer, now_ns)
            inside = goal
        part = min(inside, total - taken)
        taken += part
        sender.write_seq += part
        sender.wmem_bytes += part
        last = records[-1]
        last.end = sender.write_seq
        if taken < total and part == inside:
            if sender.write_seq - sender.pushed_seq > sender.max_snd_wnd >> 1:
                last.push = True
                sender.pushed_seq = sender.write_seq
            split_as_sent(sender, records)
    if not taken:
        if not records:
            sender.buffer = None
        return 0
    buffer.put(data if taken == total else memoryview(data)[:taken])
    return taken


def begin_record(sender: SendVariables, buffer: SendBuffer, now_ns: int) -> None:
    """A new record at the end; what comes with new data after a pause."""
    buffer.records.append(Record(sender.write_seq))
    sender.wmem_bytes += OVERHEAD_BYTES
    sender.nagle &= ~PUSH_NOW
    restart_after_idle(sender, now_ns)
    if sender.write_seq == sender.snd_una:
        chronograph.start(sender, chronograph.BUSY, now_ns)


def split_as_sent(sender: SendVariables, records: deque[Record]) -> None:
    """Linux sends a first full record in the middle of a write; where the windows let only a part of it go, the rest goes on growing.

    The record is cut here at that place, so that the write takes as many bytes as it does there.
    """
    if len(records) != 1 or sender.packets_out:
        return
    mss = sender.mss_bytes
    allowed = min(max(0, sender.cwnd - in_flight(sender)) * mss, max(0, window_end(sender) - sender.snd_nxt) // mss * mss)
    last = records[0]
    if 0 < allowed < last.end - sender.snd_nxt:
        rest = Record(last.end)
        rest.push, last.push = last.push, False
        last.end = sender.snd_nxt + allowed
        records.append(rest)
        sender.wmem_bytes += OVERHEAD_BYTES


def queue_fin(sender: SendVariables, now_ns: int) -> None:
    """See `Sender.queue_fin`; Nagle does not hold back what a FIN ends."""
    if sender.fin_position is not None:
        return
    sender.fin_position = sender.write_seq
    sender.write_seq += 1
    sender.corked_write = False
    if sender.buffer is None:
        sender.wmem_bytes += OVERHEAD_BYTES
        if sender.head is None:
            chronograph.start(sender, chronograph.BUSY, now_ns)


def grow_buffer(sender: SendVariables) -> None:
    """The send buffer follows the window: twice what a window of full segments counts for (tcp_sndbuf_expand)."""
    if sender.sndbuf_locked:
        return
    each = 1 << (sender.mss_limit_bytes + SEGMENT_HEADERS_BYTES - 1).bit_length()
    segments = max(sender.cwnd, sender.profile.initial_cwnd_segments, reordering_of(sender) + 1)
    wanted = 2 * segments * (each + SKB_BYTES)
    if wanted > sender.sndbuf_bytes:
        sender.sndbuf_bytes = min(wanted, sender.limits.wmem_max_bytes)


def fix_buffer(sender: SendVariables, size_bytes: int) -> None:
    """See `Sender.set_send_buffer`."""
    sender.sndbuf_locked = True
    sender.sndbuf_bytes = max(size_bytes, LEAST_BUFFER_BYTES)


def room_was_made(sender: SendVariables, now_ns: int) -> bool:
    """After an ACK: someone waits for room, and there is some (tcp_check_space); the buffer grows if the window was full."""
    if not sender.wants_room:
        return False
    if in_flight(sender) < sender.cwnd:
        grow_buffer(sender)
    if not is_writable(sender):
        return False
    sender.wants_room = False
    chronograph.stop(sender, chronograph.SNDBUF_LIMITED, now_ns)
    return True
