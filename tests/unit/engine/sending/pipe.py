"""A receiver and a network between it and a sender: losses, delays that vary, copies, delayed ACKs, SACK; all from one seed."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable

from estab.engine.sending.outgoing import Action, Outgoing
from estab.instant import MILLISECOND_NS
from tests.unit.engine.sending.line import Line


class Pipe:
    """Runs a transfer in virtual time; a receiver that acknowledges every segment, with its blocks in the order of RFC 2018 §4."""

    def __init__(
        self,
        line: Line,
        chance: random.Random,
        *,
        loss: float = 0,
        jitter_ms: float = 0,
        copies: float = 0,
        delay_ms: float = 10,
        rate_bytes_per_s: int = 0,
        queue_bytes: int = 0,
        marks_from_bytes: int = 0,
    ) -> None:
        """`delay_ms` is that of one way; a rate makes the way to the receiver a bottleneck, whose queue drops or marks what is too much."""
        self.line, self.chance = line, chance
        self.loss, self.jitter_ms, self.copies, self.delay_ms = loss, jitter_ms, copies, delay_ms
        self.rate_bytes_per_s, self.queue_bytes, self.marks_from_bytes = rate_bytes_per_s, queue_bytes, marks_from_bytes
        self.busy_until_ns = 0
        self.dropped = self.longest_queue_ns = 0
        self.echo = False
        self.watch: Callable[[Line], None] | None = None
        self.received = bytearray()
        self.parts: dict[int, bytes] = {}
        self.blocks: list[tuple[int, int]] = []
        self.fin_at: int | None = None
        self.events: list[tuple[int, int, Outgoing | tuple[int, tuple[tuple[int, int], ...]]]] = []
        self.number = 0

    def _carry(self, what: Outgoing | tuple[int, tuple[tuple[int, int], ...]]) -> None:
        if self.chance.random() < self.loss:
            return
        for _ in range(1 + (self.chance.random() < self.copies)):
            self.number += 1
            leaves_ns = self.line.now_ns
            if self.rate_bytes_per_s and isinstance(what, Outgoing):
                waits_ns = max(0, self.busy_until_ns - leaves_ns)
                if waits_ns * self.rate_bytes_per_s > self.queue_bytes * 10**9:
                    self.dropped += 1
                    return
                if self.marks_from_bytes and what.ect and waits_ns * self.rate_bytes_per_s > self.marks_from_bytes * 10**9:
                    self.echo = True
                self.longest_queue_ns = max(self.longest_queue_ns, waits_ns)
                self.busy_until_ns = leaves_ns + waits_ns + (len(what.payload) + 40) * 10**9 // self.rate_bytes_per_s
                leaves_ns = self.busy_until_ns
            delay_ms = self.delay_ms + self.chance.random() * self.jitter_ms
            heapq.heappush(self.events, (leaves_ns + round(delay_ms * MILLISECOND_NS), self.number, what))

    def _arrive(self, segment: Outgoing) -> None:
        rcv_nxt = len(self.received) + 1
        dsack: tuple[tuple[int, int], ...] = ()
        end = segment.seq + len(segment.payload)
        if segment.payload and (end <= rcv_nxt or any(left <= segment.seq and end <= right for left, right in self.blocks)):
            dsack = ((segment.seq, end),)
        if segment.fin:
            self.fin_at = end
        if segment.payload and end > rcv_nxt:
            self.parts[segment.seq] = segment.payload
            self.blocks.insert(0, (segment.seq, end))
        self._take_in_order()
        done = self.fin_at == len(self.received) + 1
        blocks = (*dsack, *self.blocks)[:4]
        self._carry((len(self.received) + 1 + done, tuple(block for block in blocks if block[0] < block[1])))

    def _take_in_order(self) -> None:
        for start in sorted(self.parts):
            rcv_nxt = len(self.received) + 1
            payload = self.parts[start]
            if start <= rcv_nxt:
                self.received += payload[rcv_nxt - start :]
                del self.parts[start]
        rcv_nxt = len(self.received) + 1
        merged: list[tuple[int, int]] = []
        for left, right in self.blocks:
            if right <= rcv_nxt:
                continue
            for other in [other for other in merged if left <= other[1] and other[0] <= right]:
                merged.remove(other)
                left, right = min(left, other[0]), max(right, other[1])
            merged.append((left, right))
        self.blocks = merged

    def _pump(self, left: memoryview) -> memoryview:
        line = self.line
        while True:
            if len(left):
                taken = line.sender.write(left, line.now_ns)
                left = left[taken:]
                if not len(left):
                    line.sender.queue_fin(line.now_ns)
            line.sent()
            for outgoing in line.raw:
                self._carry(outgoing)
            if not line.raw:
                return left

    def transfer(self, data: bytes, limit_ms: float = 3_000_000) -> bytes:
        """Sends all of it and a FIN; gives what the receiver has when everything is acknowledged."""
        line = self.line
        left = self._pump(memoryview(data))
        end_ns = line.now_ns + round(limit_ms * MILLISECOND_NS)
        while line.sender.has_data or len(left):
            due = line.sender.deadline()
            arrival = self.events[0][0] if self.events else None
            assert due is not None or arrival is not None, "nothing will ever happen again"
            if arrival is not None and (due is None or arrival <= due):
                line.now_ns, _, what = heapq.heappop(self.events)
                if isinstance(what, Outgoing):
                    self._arrive(what)
                    continue
                number, blocks = what
                if number <= line.sender.snd_nxt:
                    echo, self.echo = self.echo, False
                    line.sender.on_ack(number, seg_seq=1, seg_len=0, window=line.window, sack=blocks, ece=echo, now_ns=line.now_ns)
            else:
                assert due is not None
                line.now_ns = max(due, line.now_ns)
                verdict = line.sender.on_deadline(line.now_ns)
                assert verdict.action is not Action.GAVE_UP
            assert line.now_ns < end_ns, "the transfer does not end"
            left = self._pump(left)
            if self.watch is not None:
                self.watch(line)
        return bytes(self.received)
