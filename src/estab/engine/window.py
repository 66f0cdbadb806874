"""The receive window: what is announced at first, what may be announced now, and how the buffer follows the sender (autotuning).

Facts of Linux (net/ipv4/tcp_output.c, tcp_input.c): half of the buffer's bytes count as room for payload (the kernel's initial scaling
ratio), the rest is overhead; the window never shrinks; it opens slowly by `rcv_ssthresh` until the sender has shown full segments; and the
buffer doubles its space for each round trip in which the application reads as fast as the data comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.options import LARGEST_FIELD, LARGEST_SHIFT

if TYPE_CHECKING:
    from estab.engine.options import Settings
    from estab.engine.receiver import Receiver
    from estab.knobs.values import KnobValues


def payload_room(buffer_bytes: int) -> int:
    """The payload that fits into a buffer of this size."""
    return buffer_bytes >> 1


def initial_window(knobs: KnobValues, settings: Settings, mss_bytes: int, *, scaling: bool) -> tuple[int, int]:
    """The window of the SYN or SYN-ACK in bytes, and the shift for all windows after it (tcp_select_initial_window).

    A whole number of segments, and never more than a header without scaling can say; the shift is chosen for the largest buffer that
    autotuning may ever reach.
    """
    fixed = settings.rcvbuf_bytes
    space = payload_room(knobs.tcp_rmem[1] if fixed is None else fixed)
    clamp = settings.window_clamp_bytes or LARGEST_FIELD << LARGEST_SHIFT
    if fixed is not None:
        clamp = min(clamp, space)
    space = min(space, clamp)
    if space > mss_bytes:
        space -= space % mss_bytes
    shift = 0
    if scaling and knobs.tcp_window_scaling:
        largest = min(max(space, knobs.tcp_rmem[2], knobs.rmem_max), clamp)
        shift = max(0, min(largest.bit_length() - 16, LARGEST_SHIFT))
    return min(space, LARGEST_FIELD), shift


def next_window(receiver: Receiver, rcv_mss_bytes: int) -> int:
    """What could be announced if nothing had been promised before (__tcp_select_window): silly windows are avoided (RFC 9293 §3.8.6.2.2).

    Less than one segment, or than a sixteenth of the buffer while it is more than half full, is announced as zero; otherwise the free
    space up to `rcv_ssthresh`, rounded up to the scale, or without scaling a whole number of segments.
    """
    full = payload_room(receiver.rcvbuf_bytes)
    free = receiver.free_space
    clamp = receiver.window_clamp
    reach = min(full, clamp)
    mss = min(reach, rcv_mss_bytes)
    if mss <= 0:
        return 0
    scale = receiver.rcv_wscale
    if free < reach >> 1:
        free = free >> scale << scale
        if free < full >> 4 or free < mss:
            return 0
    free = min(free, receiver.rcv_ssthresh)
    if scale:
        return -(-free >> scale) << scale
    window = receiver.rcv_wnd
    if window <= free - mss or window > free:
        return free - free % mss
    if mss == reach and free > window + (reach >> 1):
        return free
    return window
