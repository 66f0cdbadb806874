"""What the user hands over: bytes into records, as far as the buffer has room; the FIN; the urgent mark (tcp_sendmsg, tcp_send_fin)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending import chronograph
from estab.engine.sending.buffer import OVERHEAD_BYTES, Record, SendBuffer
from estab.engine.sending.rate import check_app_limited
from estab.engine.sending.room import has_memory, record_goal, start_of_last
from estab.engine.sending.validation import restart_after_idle
from estab.engine.sending.variables import PUSH_NOW, SendVariables, in_flight, window_end

if TYPE_CHECKING:
    from collections import deque


def write(sender: SendVariables, data: bytes | memoryview, now_ns: int, *, more: bool, end_of_record: bool, urgent: bool) -> int:
    """See `Sender.write`."""
    if sender.fin_position is not None or not len(data):
        return 0
    check_app_limited(sender)
    taken = _gather(sender, data, now_ns)
    if taken < len(data):
        sender.wants_room = True
        sender.short_una = sender.snd_una
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
            inside = goal - (sender.write_seq - start_of_last(sender, records))
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
    mss = sender.mss_bytes
    allowed = min(max(0, sender.cwnd - in_flight(sender)) * mss, max(0, window_end(sender) - sender.snd_nxt) // mss * mss)
    last = records[-1]
    place = sender.snd_nxt + allowed
    if start_of_last(sender, records) < place < last.end:
        rest = Record(last.end)
        rest.push, last.push = last.push, False
        last.end = place
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
