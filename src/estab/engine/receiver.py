"""The receiving half: bytes from the wire to RECEIVE, in order, once, and within the window that was announced.

Space is counted as Linux counts it by default: half of the receive buffer holds payload.  What the window promised is kept: its right
edge never moves back (RFC 9293 §3.8.6), and text beyond it is cut off.  Urgent data follows RFC 6093 and Linux: one byte, the one before
the urgent pointer, is out of band unless `oob_inline`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.autotune import Autotune
from estab.engine.numbers import shared_size
from estab.engine.options import LARGEST_FIELD
from estab.engine.reassembly import Reassembly
from estab.engine.window import next_window, payload_room

if TYPE_CHECKING:
    from estab.engine.options import Settings
    from estab.knobs.values import KnobValues

SOFT_BUFFER_LIMIT_BYTES = 1 << 30


class Receiver:
    """RCV.NXT and everything around it; positions are unwrapped."""

    __slots__ = (
        "advmss_bytes",  # the MSS that this end announced, options deducted
        "buffer",  # in order and not read yet; None while empty
        "copied_seq",  # position of the next byte that RECEIVE gives
        "fin_position",  # of the peer's FIN, once it is known
        "fin_reached",  # RCV.NXT is beyond the FIN
        "fixed_buffer",  # SO_RCVBUF was set: no autotuning
        "irs",
        "oob_inline",
        "ooo_segments",  # segments that came before their turn
        "rcv_nxt",
        "rcv_ssthresh",  # how far the window may be opened now
        "rcv_wnd",  # last announced, counted from rcv_wup
        "rcv_wscale",
        "rcv_wup",  # RCV.NXT when the window was announced last; also Last.ACK.sent of RFC 7323
        "rcvbuf_bytes",
        "reassembly",  # None while nothing waits
        "shape",  # autotuning
        "urgent_byte",  # the out-of-band byte, once it has come and until it is read
        "urgent_position",  # of the out-of-band byte; None outside urgent mode
        "window_clamp",
    )

    def __init__(
        self, knobs: KnobValues, settings: Settings, *, irs: int, rcv_wnd: int, rcv_wscale: int, advmss_bytes: int, now_ns: int
    ) -> None:
        self.irs = irs
        self.rcv_nxt = self.rcv_wup = self.copied_seq = irs + 1
        self.rcv_wnd = self.rcv_ssthresh = rcv_wnd
        self.rcv_wscale, self.advmss_bytes = rcv_wscale, advmss_bytes
        self.fixed_buffer = settings.rcvbuf_bytes is not None
        self.rcvbuf_bytes: int = knobs.tcp_rmem[1] if settings.rcvbuf_bytes is None else settings.rcvbuf_bytes
        self.window_clamp = shared_size(min(settings.window_clamp_bytes or LARGEST_FIELD << rcv_wscale, LARGEST_FIELD << rcv_wscale))
        self.oob_inline = settings.oob_inline
        self.buffer: bytes | bytearray | None = None
        self.reassembly: Reassembly | None = None
        self.fin_position: int | None = None
        self.fin_reached = False
        self.urgent_position: int | None = None
        self.urgent_byte: int | None = None
        self.ooo_segments = 0
        self.shape = Autotune(rcv_wnd, advmss_bytes, now_ns, enabled=bool(knobs.tcp_moderate_rcvbuf), limit_bytes=knobs.tcp_rmem[2])

    def take_settings(self, settings: Settings) -> None:
        """Socket options have changed: SO_RCVBUF, TCP_WINDOW_CLAMP, SO_OOBINLINE."""
        self.oob_inline = settings.oob_inline
        if settings.rcvbuf_bytes is not None:
            self.fixed_buffer, self.rcvbuf_bytes = True, settings.rcvbuf_bytes
        if settings.window_clamp_bytes is not None:
            self.window_clamp = min(settings.window_clamp_bytes, LARGEST_FIELD << self.rcv_wscale)
            self.rcv_ssthresh = min(self.rcv_ssthresh, self.window_clamp)

    # What is announced

    @property
    def window_left(self) -> int:
        """RCV.WND as the acceptability tests need it: from RCV.NXT to the right edge that was announced."""
        return self.rcv_wup + self.rcv_wnd - self.rcv_nxt

    @property
    def bytes_received(self) -> int:
        """Payload that has come in its turn."""
        return self.rcv_nxt - self.irs - 1 - self.fin_reached

    @property
    def full_space(self) -> int:
        """Payload that the whole buffer holds."""
        return payload_room(self.rcvbuf_bytes)

    @property
    def free_space(self) -> int:
        """Payload that still fits."""
        free = payload_room(self.rcvbuf_bytes)
        if self.buffer is not None:
            free -= len(self.buffer)
        if self.reassembly is not None:
            free -= self.reassembly.cost_bytes
        return max(0, free)

    def window_offer(self, rcv_mss_bytes: int) -> int:
        """The window that an ACK sent now would announce, never behind the edge announced before; a multiple of the scale."""
        scale = self.rcv_wscale
        left = self.rcv_wup + self.rcv_wnd - self.rcv_nxt
        wanted = next_window(self, rcv_mss_bytes)
        if wanted < left:
            wanted = -(-left >> scale) << scale
        largest = LARGEST_FIELD << scale
        return min(largest, wanted)

    def announce(self, rcv_mss_bytes: int) -> int:
        """As `window_offer`, and remembered as announced; gives the field of the header (SEG.WND)."""
        self.rcv_wnd = self.window_offer(rcv_mss_bytes)
        self.rcv_wup = self.rcv_nxt
        return self.rcv_wnd >> self.rcv_wscale

    # What arrives

    def accept(self, position: int, text: bytes) -> tuple[int, int] | None:
        """Take acceptable text; gives the range that had been here before (for D-SACK), or None.

        Text that begins behind RCV.NXT has its old part cut off, text beyond the right edge its new one.
        """
        repeated: tuple[int, int] | None = None
        rcv_nxt = self.rcv_nxt
        end = position + len(text)
        edge = self.rcv_wup + self.rcv_wnd
        if self.fin_position is not None:
            edge = min(edge, self.fin_position)
        if end > edge:
            text, end = text[: max(0, edge - position)], edge
        if position < rcv_nxt:
            repeated = (position, min(end, rcv_nxt))
            text = text[rcv_nxt - position :]
            position = rcv_nxt
        if not text:
            return repeated
        if position > rcv_nxt:
            return self._hold(position, text)
        self.advance(text)
        if self.reassembly is not None:
            following = self.reassembly.take(self.rcv_nxt)
            if following:
                self.advance(following)
            if not len(self.reassembly):
                self.reassembly = None
        return repeated

    def _hold(self, position: int, text: bytes) -> tuple[int, int] | None:
        self.ooo_segments += 1
        if self.reassembly is None:
            self.reassembly = Reassembly()
        bound = max(self.rcvbuf_bytes - 2 * self.unread_bytes, 0)
        repeated = self.reassembly.add(position, text, bound)
        if not len(self.reassembly):
            self.reassembly = None
        return repeated

    def advance(self, text: bytes | bytearray) -> None:
        """Take text that begins at RCV.NXT and fits."""
        if self.urgent_position is not None and self.rcv_nxt <= self.urgent_position < self.rcv_nxt + len(text):
            self.urgent_byte = text[self.urgent_position - self.rcv_nxt]
        self.rcv_nxt += len(text)
        if self.buffer is None:
            self.buffer = text
        elif isinstance(self.buffer, bytearray):
            self.buffer += text
        else:
            self.buffer = bytearray(self.buffer) + text

    def learn_fin(self, position: int) -> None:
        """A FIN has been seen at this position, in its turn or not; the first one counts, later ones repeat it."""
        if self.fin_position is None:
            self.fin_position = position

    @property
    def fin_is_next(self) -> bool:
        """All text before the peer's FIN has come, and the FIN has not been taken yet."""
        return not self.fin_reached and self.fin_position == self.rcv_nxt

    def pass_fin(self) -> None:
        """Advance RCV.NXT over the FIN; nothing can follow."""
        assert self.fin_is_next
        self.fin_reached = True
        self.rcv_nxt += 1
        self.reassembly = None

    def learn_urgent(self, pointer: int, rcv_nxt: int) -> bool:
        """SEG.UP as position of the byte behind the urgent one (RFC 6093 §3.2, as everybody does); True if the user must be told."""
        position = pointer - 1
        if position < rcv_nxt or position < self.copied_seq:
            return False
        if self.urgent_position is not None and position <= self.urgent_position:
            return False
        self.urgent_position, self.urgent_byte = position, None
        return True

    # What is read

    @property
    def unread_bytes(self) -> int:
        """Bytes in order that RECEIVE has not taken, the out-of-band one included."""
        return 0 if self.buffer is None else len(self.buffer)

    @property
    def readable_bytes(self) -> int:
        """What one RECEIVE can give: it ends before an urgent byte that has not been passed."""
        unread = self.unread_bytes
        mark = self.urgent_position
        if mark is None or not self.copied_seq <= mark < self.copied_seq + unread:
            return unread
        before = mark - self.copied_seq
        if before or self.oob_inline:
            return before or unread
        return unread - 1

    @property
    def at_mark(self) -> bool:
        """The next byte is the urgent one (SIOCATMARK)."""
        return self.urgent_position is not None and self.urgent_position == self.copied_seq

    def read(self, max_bytes: int, *, peek: bool = False) -> bytes:
        """Up to `max_bytes` in order; stops before the urgent byte once, and passes over it if it is out of band."""
        skip = 1 if self.at_mark and not self.oob_inline and self.unread_bytes else 0
        count = min(max_bytes, self.readable_bytes)
        buffer = self.buffer
        if buffer is None or count <= 0:
            if skip and not peek and self.unread_bytes == 1:
                self._consume(1)
            return b""
        is_all = not skip and count == len(buffer)
        text = bytes(buffer) if is_all else bytes(memoryview(buffer)[skip : skip + count])
        if not peek:
            self._consume(skip + count)
        return text

    def _consume(self, count: int) -> None:
        buffer = self.buffer
        assert buffer is not None
        self.copied_seq += count
        if count == len(buffer):
            self.buffer = None
            if not self.fin_reached:
                self.copied_seq = self.rcv_nxt  # the same number in one object: idle connections are many
            self.rcv_ssthresh, self.rcv_wnd = shared_size(self.rcv_ssthresh), shared_size(self.rcv_wnd)
        else:
            if not isinstance(buffer, bytearray):
                buffer = self.buffer = bytearray(buffer)
            del buffer[:count]
        if self.urgent_position is not None and self.copied_seq > self.urgent_position and (self.oob_inline or self.urgent_byte is None):
            self.urgent_position = self.urgent_byte = None

    def read_urgent(self, *, peek: bool = False) -> bytes:
        """The out-of-band byte, if it is here and has not been read."""
        if self.urgent_byte is None or self.oob_inline:
            return b""
        byte = bytes((self.urgent_byte,))
        if not peek:
            self.urgent_byte = None
            if self.urgent_position is not None and self.copied_seq > self.urgent_position:
                self.urgent_position = None
        return byte

    @property
    def at_eof(self) -> bool:
        """The peer's FIN has been reached and everything before it has been read."""
        return self.fin_reached and self.buffer is None
