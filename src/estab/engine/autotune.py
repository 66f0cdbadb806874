"""The receive buffer follows the sender: Linux's dynamic right-sizing (tcp_rcv_space_adjust, tcp_grow_window in net/ipv4/tcp_input.c).

Two things grow.  The *threshold* of the window opens with full segments, from the first window to what the buffer allows.  The *buffer*
grows when the application has read more within one round trip than ever before: to twice what was read, and more while the rate
itself still grows.  The round trip is the receiver's own estimate: echoed timestamps, or the time one window takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.numbers import shared_size
from estab.engine.window import payload_room

if TYPE_CHECKING:
    from estab.engine.receiver import Receiver

INITIAL_SEGMENTS = 10
CUSHION_SEGMENTS = 16
SMALL_TEXT_BYTES = 128
"""Less than this in a segment does not open the window."""


class Autotune:
    """How fast the application reads, and over what round trip."""

    __slots__ = (
        "_limit_bytes",
        "_measure_end",
        "_measure_start_ns",
        "_space_seq",
        "_space_since_ns",
        "rcv_rtt_ns",
        "sampled_echo",  # the TSecr that gave the last sample: each counts once
        "space_bytes",  # what the application has read within one round trip at most
    )

    def __init__(self, rcv_wnd: int, advmss_bytes: int, now_ns: int, *, enabled: bool, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes if enabled else 0
        self.space_bytes = shared_size(min(rcv_wnd, INITIAL_SEGMENTS * advmss_bytes))
        self._space_seq: int | None = None
        self._space_since_ns = now_ns
        self.rcv_rtt_ns = 0
        self._measure_end: int | None = None
        self._measure_start_ns = 0
        self.sampled_echo = 0

    def take_sample(self, rtt_ns: int, *, by_window: bool) -> None:
        """One estimate of the round trip; one made by a window's worth of data can only be too long, so the least counts."""
        rtt_ns = max(rtt_ns, 1)
        if self.rcv_rtt_ns == 0:
            self.rcv_rtt_ns = rtt_ns
        elif by_window:
            self.rcv_rtt_ns = min(self.rcv_rtt_ns, rtt_ns)
        else:
            self.rcv_rtt_ns += (rtt_ns - self.rcv_rtt_ns) >> 3

    def measure_by_window(self, rcv_nxt: int, rcv_wnd: int, now_ns: int) -> None:
        """Without timestamps: how long one announced window takes to arrive."""
        if self._measure_end is not None:
            if rcv_nxt < self._measure_end:
                return
            self.take_sample(now_ns - self._measure_start_ns, by_window=True)
        self._measure_end, self._measure_start_ns = rcv_nxt + rcv_wnd, now_ns

    def on_read(self, receiver: Receiver, now_ns: int) -> None:
        """The application has read; once a round trip the buffer is measured against it."""
        if self.rcv_rtt_ns == 0 or now_ns - self._space_since_ns < self.rcv_rtt_ns:
            return
        begin = receiver.irs + 1 if self._space_seq is None else self._space_seq
        copied = receiver.copied_seq - begin
        if copied > self.space_bytes:
            if not receiver.fixed_buffer:
                self._grow(receiver, copied)
            self.space_bytes = copied
        self._space_seq, self._space_since_ns = receiver.copied_seq, now_ns

    def _grow(self, receiver: Receiver, copied: int) -> None:
        window = 2 * copied + CUSHION_SEGMENTS * receiver.advmss_bytes
        window += window * (copied - self.space_bytes) // max(self.space_bytes, 1) * 2
        buffer = min(2 * window, self._limit_bytes)
        if buffer > receiver.rcvbuf_bytes:
            receiver.rcvbuf_bytes = buffer
            receiver.window_clamp = min(max(receiver.window_clamp, payload_room(buffer)), 0xFFFF << receiver.rcv_wscale)


def open_window(receiver: Receiver, text_bytes: int) -> bool:
    """Raise the threshold for a segment with `text_bytes`, at least SMALL_TEXT_BYTES (tcp_grow_window); True if it has been raised."""
    room = min(receiver.window_clamp, receiver.free_space) - receiver.rcv_ssthresh
    if room <= 0:
        return False
    receiver.rcv_ssthresh += min(room, max(2 * receiver.advmss_bytes, 2 * text_bytes))
    return True
