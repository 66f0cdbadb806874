"""How much may leave: usable window, segment size, small segments held back."""

from __future__ import annotations

DEFAULT_MSS_BYTES = 536
SMALLEST_SEGMENT_BYTES = 48


def bounded_by_half_window(size_bytes: int, max_window_bytes: int) -> int:
    """A segment is at most half of the largest window the peer ever offered (RFC 9293 §3.8.6.2.1, the sender's silly window rule).

    Against a peer with a tiny buffer, so that an ACK comes before the window is used up; below 536 bytes the whole window is taken.

    >>> bounded_by_half_window(1460, 2000), bounded_by_half_window(1460, 64_000), bounded_by_half_window(1460, 500)
    (1000, 1460, 500)
    """
    if not max_window_bytes:
        return size_bytes
    cut = max_window_bytes >> 1 if max_window_bytes > DEFAULT_MSS_BYTES else max_window_bytes
    return max(cut, SMALLEST_SEGMENT_BYTES) if size_bytes > cut else size_bytes


def minshall_waits(snd_sml: int, snd_una: int, snd_nxt: int) -> bool:
    """A small segment sent before is still unacknowledged: the one thing that Minshall's variant of Nagle waits for."""
    return snd_una < snd_sml <= snd_nxt


def rfc_may_send(usable: int, queued: int, mss: int, max_snd_wnd: int, *, pushed: bool, all_acked: bool, nagle: bool) -> bool:
    """The RFC's own rule for sending now (RFC 9293 §3.8.6.2.1, SWS avoidance (1) to (3) with Nagle), for comparison."""
    if min(queued, usable) >= mss:
        return True
    if (all_acked or not nagle) and pushed and queued <= usable:
        return True
    return (all_acked or not nagle) and min(queued, usable) >= max_snd_wnd // 2 > 0


def segments(length_bytes: int, mss_bytes: int) -> int:
    """How many segments of a connection's size a length takes; the FIN alone is one."""
    return max(1, -(-length_bytes // mss_bytes))
