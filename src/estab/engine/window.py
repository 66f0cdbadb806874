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
    from estab.knobs.values import KnobValues


def payload_room(buffer_bytes: int) -> int:
    """The payload that fits into a buffer of this size."""
    return buffer_bytes >> 1


def initial_window(knobs: KnobValues, settings: Settings, mss_bytes: int, *, scaling: bool) -> tuple[int, int]:
    """The window of the SYN or SYN-ACK in bytes, and the shift for all windows after it (tcp_select_initial_window).

    A whole number of segments; the shift is chosen for the largest buffer that autotuning may ever reach.
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
    return min(space, LARGEST_FIELD << shift), shift
