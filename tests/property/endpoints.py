"""Two honest TCP endpoints that know their states, written down from RFC 9293 §3.10 without a look at estab's table.

An `Honest` endpoint takes calls (`open`, `send`, `close`, `abort`), arriving segments and time-outs, and says what it sends through
`emit`, after its state has moved.  Positions are plain integers that never wrap; only the tap that makes packet rows wraps them.
Windows never bind, nothing is ever urgent, and there are no options: what is left is what the states depend on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

FIN, SYN, RST, ACK = 1, 2, 4, 16
WINDOW = 65_535
CAN_SEND = ("ESTABLISHED", "CLOSE-WAIT")
HEARS_TEXT = ("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2")


@dataclass(frozen=True)
class Segment:
    """One segment; `ack` is 0 where there is no ACK bit."""

    flags: int
    seq: int
    ack: int = 0
    payload: int = 0
    copy: bool = False
    """Made by the network, not by its sender."""

    @property
    def end(self) -> int:
        return self.seq + self.payload + bool(self.flags & SYN) + bool(self.flags & FIN)


@dataclass
class Honest:
    """One endpoint."""

    iss: int
    emit: Callable[[Segment], None]
    state: str = "CLOSED"
    passive: bool = False
    delays_acks: bool = False
    reads: bool = True
    """False: its user has closed both directions, so that text makes the host abort (RFC 9293 §3.6.1, SHLD-3)."""
    snd_una: int = 0
    snd_nxt: int = 0
    rcv_nxt: int = 0
    fin_at: int | None = None
    owes_ack: bool = False
    went_silently: bool = False
    """The latest change of state sent nothing and answered nothing: no observer can know of it."""
    unacked: list[Segment] = field(default_factory=list)
    early: list[Segment] = field(default_factory=list)

    # --- calls -------------------------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Active OPEN."""
        if self.state not in ("CLOSED", "LISTEN") or self.snd_nxt:
            return
        self.state, self.passive = "SYN-SENT", False
        self.snd_una, self.snd_nxt = self.iss, self.iss
        self._queue(SYN, 0)

    def send(self, payload: int) -> None:
        """SEND, taken where data may leave at once."""
        if self.state in CAN_SEND:
            self._queue(ACK, payload)

    def close(self, *, payload: int = 0, reads: bool = True) -> None:
        """CLOSE, with the last data in the FIN's segment; `reads=False` closes both directions."""
        after = {"SYN-RECEIVED": "FIN-WAIT-1", "ESTABLISHED": "FIN-WAIT-1", "CLOSE-WAIT": "LAST-ACK"}
        if self.state == "SYN-SENT":
            self._forget(silently=True)
        elif self.state in after:
            self.reads = reads
            payload = 0 if self.state == "SYN-RECEIVED" else payload
            self.state = after[self.state]
            self.fin_at = self.snd_nxt + payload
            self._queue(FIN | ACK, payload)

    def abort(self) -> None:
        """ABORT."""
        if self.state in ("SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"):
            reset = Segment(RST | ACK, self.snd_nxt, self.rcv_nxt)
            self._forget()
            self.emit(reset)
        elif self.state in ("SYN-SENT", "CLOSING", "LAST-ACK", "TIME-WAIT"):
            self._forget(silently=True)

    def pay_ack(self) -> None:
        """The delayed ACK's timer."""
        if self.owes_ack:
            self._acknowledge()

    def timeout(self, *, joined: bool = False) -> None:
        """The retransmission timer: the first segment again, or the first two (without SYN) as one."""
        if not self.unacked or self.state == "CLOSED":
            return
        first = self.unacked[0]
        if joined and len(self.unacked) > 1 and not first.flags & SYN:
            second = self.unacked[1]
            first = Segment(first.flags | second.flags, first.seq, 0, first.payload + second.payload)
            self.unacked[:2] = [first]
        self._again(first)

    def probe_tail(self) -> None:
        """The last segment again (RFC 8985 §7)."""
        if self.unacked and self.state != "CLOSED" and not self.unacked[-1].flags & SYN:
            self._again(self.unacked[-1])

    def keepalive(self) -> None:
        """An old byte's number, to hear an answer (RFC 9293 §3.8.4)."""
        if self.state in ("ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-2") and not self.unacked:
            self.emit(Segment(ACK, self.snd_nxt - 1, self.rcv_nxt))

    # --- arriving segments -------------------------------------------------------------------------------------------------------------

    def arrive(self, segment: Segment) -> None:
        """SEGMENT ARRIVES (§3.10.7)."""
        if self.state == "CLOSED":
            self._refuse(segment)
        elif self.state == "LISTEN":
            self._arrive_listen(segment)
        elif self.state == "SYN-SENT":
            self._arrive_syn_sent(segment)
        else:
            self._arrive_other(segment)

    def _refuse(self, segment: Segment) -> None:
        if segment.flags & RST:
            return
        if segment.flags & ACK:
            self.emit(Segment(RST, segment.ack))
        else:
            self.emit(Segment(RST | ACK, 0, segment.end))

    def _arrive_listen(self, segment: Segment) -> None:
        if segment.flags & RST:
            return
        if segment.flags & ACK:
            self._refuse(segment)
        elif segment.flags & SYN:
            self.state, self.passive = "SYN-RECEIVED", True
            self.rcv_nxt = segment.seq + 1
            self.snd_una, self.snd_nxt = self.iss, self.iss
            self._queue(SYN | ACK, 0)

    def _arrive_syn_sent(self, segment: Segment) -> None:
        acked = bool(segment.flags & ACK)
        if acked and not self.iss < segment.ack <= self.snd_nxt:
            self._refuse(segment)
        elif segment.flags & RST:
            if acked:
                self._forget()
        elif segment.flags & SYN:
            self.rcv_nxt = segment.seq + 1
            if acked:
                self._take_ack(segment.ack)
                self.state = "ESTABLISHED"
                self._acknowledge()
            else:
                self.state = "SYN-RECEIVED"
                self.unacked = [Segment(SYN | ACK, self.iss)]
                self._again(self.unacked[0])

    def _arrive_other(self, segment: Segment) -> None:
        other_half = self.state == "SYN-RECEIVED" and segment.flags & (SYN | ACK) == SYN | ACK and segment.end == self.rcv_nxt
        if not other_half and not self._acceptable(segment):
            if not segment.flags & RST:
                self._acknowledge()
        elif segment.flags & RST:
            self._take_reset(segment)
        elif segment.flags & SYN and not other_half:
            self._acknowledge()
        elif segment.flags & ACK and self._take_acceptable_ack(segment):
            self._take_text_and_fin(segment)

    def _acceptable(self, segment: Segment) -> bool:
        last = max(segment.end - 1, segment.seq)
        return self.rcv_nxt <= segment.seq < self.rcv_nxt + WINDOW or self.rcv_nxt <= last < self.rcv_nxt + WINDOW

    def _take_reset(self, segment: Segment) -> None:
        if segment.seq != self.rcv_nxt:
            self._acknowledge()
        elif self.state == "SYN-RECEIVED" and self.passive:
            self._forget()
            self.state = "LISTEN"
        else:
            self._forget()

    def _take_acceptable_ack(self, segment: Segment) -> bool:
        """False where nothing of the segment is left to take."""
        if self.state == "SYN-RECEIVED":
            if not self.snd_una < segment.ack <= self.snd_nxt:
                self._refuse(segment)
                return False
            self.state = "ESTABLISHED"
        if segment.ack > self.snd_nxt:
            self._acknowledge()
            return False
        self._take_ack(segment.ack)
        if self.fin_at is not None and segment.ack > self.fin_at:
            self.state = {"FIN-WAIT-1": "FIN-WAIT-2", "CLOSING": "TIME-WAIT", "LAST-ACK": "CLOSED"}.get(self.state, self.state)
        return self.state != "CLOSED"

    def _take_ack(self, ack: int) -> None:
        self.snd_una = max(self.snd_una, ack)
        self.unacked = [segment for segment in self.unacked if segment.end > ack]

    def _take_text_and_fin(self, segment: Segment) -> None:
        if segment.end == segment.seq:
            return
        if segment.flags & SYN:  # the other half of a simultaneous open
            self._acknowledge()
            return
        if segment.payload and not self.reads and self.state in HEARS_TEXT and segment.seq + segment.payload > self.rcv_nxt:
            reset = Segment(RST | ACK, self.snd_nxt, self.rcv_nxt)
            self._forget()
            self.emit(reset)
            return
        in_order = segment.seq <= self.rcv_nxt
        self.early.append(segment)
        while ready := [one for one in self.early if one.seq <= self.rcv_nxt]:
            self.early.remove(ready[0])
            self._take_in_order(ready[0])
        if self.delays_acks and in_order:
            self.owes_ack = True
        else:
            self._acknowledge()

    def _take_in_order(self, segment: Segment) -> None:
        if self.state in HEARS_TEXT and segment.end > self.rcv_nxt:
            self.rcv_nxt = segment.end
            if segment.flags & FIN:
                self.state = {"ESTABLISHED": "CLOSE-WAIT", "FIN-WAIT-1": "CLOSING", "FIN-WAIT-2": "TIME-WAIT"}[self.state]

    # --- what leaves -------------------------------------------------------------------------------------------------------------------

    def _queue(self, flags: int, payload: int) -> None:
        segment = Segment(flags, self.snd_nxt, 0, payload)
        self.snd_nxt = segment.end
        self.unacked.append(segment)
        self._again(segment)

    def _again(self, segment: Segment) -> None:
        flags = segment.flags
        self.owes_ack = False
        self.emit(Segment(flags, segment.seq, self.rcv_nxt if flags & ACK else 0, segment.payload))

    def _acknowledge(self) -> None:
        self.owes_ack = False
        self.emit(Segment(ACK, self.snd_nxt, self.rcv_nxt))

    def _forget(self, *, silently: bool = False) -> None:
        self.state, self.went_silently = "CLOSED", silently
        self.unacked, self.early, self.owes_ack = [], [], False
