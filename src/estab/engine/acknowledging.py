"""When the peer's text is acknowledged, and what the acknowledgment says beside ACK: SACK and D-SACK blocks, ECE.

Linux's habits (net/ipv4/tcp_input.c, tcp_output.c, tcp_timer.c).  A connection starts in *quickack* mode: each segment is acknowledged at
once, for about as many segments as fill half the window.  Once the application answers within the delay (*pingpong*), ACKs wait for data
to ride on.  Otherwise an ACK leaves for each second full segment, for anything out of order, or after `ato`, which follows the gaps between
arrivals within 40 to 200 ms (RFC 9293 §3.8.6.3 allows at most 500).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS

if TYPE_CHECKING:
    from estab.engine.receiver import Receiver

ATO_MIN_NS = 40 * MILLISECOND_NS
DELACK_MAX_NS = 200 * MILLISECOND_NS
UNPUSHED_MAX_NS = 500 * MILLISECOND_NS
MAX_QUICKACKS = 16
SMALLEST_RCV_MSS_BYTES, LARGEST_FIRST_RCV_MSS_BYTES = 88, 536
MAX_SACK_BLOCKS = 4
RECENT_BLOCKS = 4


class AckPolicy:
    """What is owed to the peer, and since when."""

    __slots__ = (
        "ato_ns",  # predicted time to wait; 0 before the first text
        "deadline_ns",  # of the delayed ACK; None: none waits
        "dsack",  # a range that came twice, to be reported once (RFC 2883)
        "ece",  # the peer must slow down: ECE in all ACKs until CWR (RFC 3168 §6.1.3)
        "last_text_ns",  # when text came last; before the first, when the connection came to be
        "now",  # an ACK leaves at once
        "owed",  # something has not been acknowledged yet
        "pingpong",
        "pushed",  # segments smaller than the usual ones since the last ACK: 0, 1, 2 (many)
        "quick",  # ACKs left to send at once
        "rcv_mss_bytes",  # the size of the peer's full segments, as estimated
        "recent",  # left edges of SACK blocks in the order in which they were touched, newest first
        "saw_ect",
        "sent_smaller",  # size of the last segment below rcv_mss
    )

    def __init__(self, mss_bytes: int, rcv_wnd: int, now_ns: int) -> None:
        self.ato_ns = 0
        self.deadline_ns: int | None = None
        self.dsack: tuple[int, int] | None = None
        self.ece = self.saw_ect = self.now = self.owed = self.pingpong = False
        self.last_text_ns = now_ns
        self.pushed = self.quick = self.sent_smaller = 0
        hint = min(mss_bytes, LARGEST_FIRST_RCV_MSS_BYTES, max(rcv_wnd // 2, SMALLEST_RCV_MSS_BYTES))
        self.rcv_mss_bytes = max(hint, SMALLEST_RCV_MSS_BYTES)
        self.recent: tuple[int, ...] = ()

    # Modes

    @property
    def in_quickack_mode(self) -> bool:
        """Whether each segment is acknowledged at once."""
        return self.quick > 0 and not self.pingpong

    def add_quickacks(self, rcv_wnd: int, limit: int = MAX_QUICKACKS) -> None:
        """Acknowledge the next segments at once: as many as fill half the window, at least two, at most `limit`."""
        self.quick = max(self.quick, min(rcv_wnd // (2 * self.rcv_mss_bytes) or 2, limit))

    def enter_quickack_mode(self, rcv_wnd: int, limit: int = MAX_QUICKACKS) -> None:
        """Something is amiss, or the user asks for it: leave pingpong, acknowledge at once for a while."""
        self.add_quickacks(rcv_wnd, limit)
        self.pingpong = False
        self.ato_ns = ATO_MIN_NS

    # Arrivals

    def on_text(self, length: int, *, push: bool, rcv_wnd: int, advmss_bytes: int, rto_ns: int, now_ns: int) -> None:
        """Text of this length has been taken in order: estimate the peer's rhythm and size, and owe an ACK (tcp_event_data_recv)."""
        self.owed = True
        if length >= self.rcv_mss_bytes:
            self.rcv_mss_bytes = min(length, advmss_bytes)
            if push and length == self.rcv_mss_bytes:
                self.pushed = self.pushed or 1
        else:
            self._take_small(length, push=push)
        last = self.last_text_ns
        if self.ato_ns == 0:
            self.add_quickacks(rcv_wnd)
            self.ato_ns = ATO_MIN_NS
        else:
            gap = now_ns - last
            if gap <= ATO_MIN_NS // 2:
                self.ato_ns = (self.ato_ns >> 1) + ATO_MIN_NS // 2
            elif gap < self.ato_ns:
                self.ato_ns = min((self.ato_ns >> 1) + gap, rto_ns)
            elif gap > rto_ns:
                self.add_quickacks(rcv_wnd)
        self.last_text_ns = now_ns

    def _take_small(self, length: int, *, push: bool) -> None:
        """A segment below the estimate: taken as the peer's real size if two in a row have it and it is no remnant of a write."""
        if length >= LARGEST_FIRST_RCV_MSS_BYTES or (length >= SMALLEST_RCV_MSS_BYTES and not push):
            if length == self.sent_smaller:
                self.rcv_mss_bytes = length
                return
            self.sent_smaller = length
        self.pushed = min(self.pushed + 1, 2)

    def on_ecn(self, ecn: int, *, cwr: bool, rcv_wnd: int) -> None:
        """The ECN field of a segment with text, on a connection that agreed on ECN (RFC 3168 §6.1.3)."""
        if cwr:
            self.ece = False
            self.now = self.owed = True
        if ecn == 3:
            if not self.ece:
                self.enter_quickack_mode(rcv_wnd, 2)
                self.ece = True
            self.saw_ect = True
        elif ecn:
            self.saw_ect = True
        elif self.saw_ect:
            self.enter_quickack_mode(rcv_wnd, 2)

    def repeated(self, left: int, right: int) -> None:
        """Text that was here already: reported by the next ACK; several ranges that touch are one (tcp_dsack_extend)."""
        if self.dsack is not None and left <= self.dsack[1] and right >= self.dsack[0]:
            left, right = min(left, self.dsack[0]), max(right, self.dsack[1])
        self.dsack = (left, right)

    def touched(self, position: int) -> None:
        """Text out of order has come at this position: its block will stand first (RFC 2018 §4)."""
        others = tuple(other for other in self.recent if other != position)
        self.recent = (position, *others[: RECENT_BLOCKS - 1])

    # Decisions

    def settle(self, receiver: Receiver, rtt_ns: int, now_ns: int) -> None:
        """A segment has been processed: does the ACK leave now, or does it wait, and how long (__tcp_ack_snd_check)?"""
        if not self.owed or self.now:
            return
        mss = self.rcv_mss_bytes
        if (
            (self.quick > 0 and not self.pingpong)
            or receiver.reassembly is not None
            or (receiver.rcv_nxt - receiver.rcv_wup > mss and receiver.window_offer(mss) >= receiver.rcv_wnd)
        ):
            self.now = True
        else:
            self._delay(rtt_ns, now_ns)

    def _delay(self, rtt_ns: int, now_ns: int) -> None:
        ato = self.ato_ns
        if ato > ATO_MIN_NS:
            largest = DELACK_MAX_NS if self.pingpong or self.pushed else UNPUSHED_MAX_NS
            if rtt_ns:
                largest = min(largest, max(rtt_ns, ATO_MIN_NS))
            ato = min(ato, largest)
        ato = min(ato, DELACK_MAX_NS)
        deadline = now_ns + ato
        if self.deadline_ns is not None:
            if self.deadline_ns <= now_ns + (ato >> 2):
                self.now = True
                return
            deadline = min(deadline, self.deadline_ns)
        self.deadline_ns = deadline

    def on_deadline(self, rto_ns: int) -> None:
        """The delayed ACK was not overtaken by data: send it, and learn from it (tcp_delack_timer_handler)."""
        self.deadline_ns = None
        if not self.owed:
            return
        if self.pingpong:
            self.pingpong = False
            self.ato_ns = ATO_MIN_NS
        else:
            self.ato_ns = min(self.ato_ns << 1, rto_ns)
        self.now = True

    def wants_ack_after_read(self, receiver: Receiver, copied: int) -> bool:
        """The application has read `copied` bytes: does it make an ACK worth sending (tcp_cleanup_rbuf)?

        For two full segments that still wait; for the end of a small write if nothing is left to read; and for a window that has at
        least doubled (RFC 9293 §3.8.6.2.2).
        """
        if self.owed:
            if receiver.rcv_nxt - receiver.rcv_wup > self.rcv_mss_bytes:
                return True
            if copied and receiver.buffer is None and (self.pushed > 1 or (self.pushed and not self.pingpong)):
                return True
        left = receiver.window_left
        if not copied or receiver.fin_reached or 2 * left > receiver.window_clamp:
            return False
        offered = receiver.window_offer(self.rcv_mss_bytes)
        return offered > 0 and offered >= 2 * left

    def on_sent(self) -> None:
        """An acknowledgment has left, alone or on data."""
        if self.quick:
            self.quick -= 1
            if not self.quick:
                self.ato_ns = ATO_MIN_NS
        self.owed = self.now = False
        self.pushed = 0
        self.deadline_ns = None
        self.dsack = None

    def on_data_sent(self, now_ns: int) -> None:
        """Data has left: an answer within the delay turns the connection into pingpong (tcp_event_data_sent)."""
        if now_ns - self.last_text_ns < self.ato_ns:
            self.pingpong = True

    def blocks(self, receiver: Receiver, limit: int) -> tuple[tuple[int, int], ...]:
        """SACK blocks of the next ACK, at most `limit`: D-SACK first (RFC 2883 §4), then the newest (RFC 2018 §4)."""
        blocks: list[tuple[int, int]] = [] if self.dsack is None else [self.dsack]
        waiting = receiver.reassembly
        if waiting is None:
            self.recent = ()
            return tuple(blocks)
        for position in self.recent:
            block = waiting.range_at(position)
            if block is not None and block not in blocks[1 if self.dsack else 0 :]:
                blocks.append(block)
        if len(blocks) < limit:
            blocks += [block for block in waiting.ranges()[-limit:] if block not in blocks]
        return tuple(blocks[:limit])
