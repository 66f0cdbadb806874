"""The small record that remembers a connection: TIME-WAIT, and an orphan's FIN-WAIT-2 (net/ipv4/tcp_minisocks.c).

It answers what arrives late, it keeps its local port, and it makes way for a new connection where that is safe: for a SYN that is
provably newer (RFC 6191), and for an outgoing connection with `tcp_tw_reuse`.  It lasts 60 seconds; waiting for the peer's FIN
lasts `tcp_fin_timeout`.  Their number is bounded by `tcp_max_tw_buckets`: beyond it a connection that should wait is forgotten at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.addresses import is_loopback
from estab.engine.bindings import Claim, Role, claim
from estab.engine.events import EnteredTimeWait
from estab.engine.host import Entry, Host, Key
from estab.engine.isn import timestamp
from estab.engine.limits import is_too_soon
from estab.engine.rows import row_of
from estab.engine.stray import back_to_sender
from estab.engine.timers import TIME_WAIT_NS
from estab.engine.view import last_numbers
from estab.instant import MILLISECOND_NS, SECOND_NS
from estab.machine.checks import is_acceptable, is_old_by_timestamp, is_syn_newer
from estab.machine.states import State
from estab.machine.stimuli import Condition, Stimulus
from estab.machine.table import Row
from estab.seq import MASK, distance
from estab.snapshot import SocketSnapshot, TimerKind
from estab.wire.segment import ACK, FIN, RST, SYN, IcmpError, Packet, Segment

if TYPE_CHECKING:
    from estab.engine.entries import ConnectionEntry

SHORT_LIFE_NS = 4 * SECOND_NS
"""A record that is to live no longer counts as TWKilled, any other as TW."""
ISS_STEP = 65_535 + 2
"""How far the ISS of a connection that takes over a four-tuple lies beyond the last number of the old one."""


class TimeWaitEntry(Entry):
    """One record; sequence numbers as on the wire."""

    __slots__ = (
        "_state",
        "answered_ns",
        "claim",
        "due_ns",
        "entered_ns",
        "rcv_nxt",
        "rcv_wnd",
        "snd_nxt",
        "timestamps",
        "ts_offset",
        "ts_recent",
        "ts_recent_ns",
        "window_field",
    )

    def __init__(self, host: Host, key: Key, state: State, claim: Claim) -> None:
        super().__init__(host, key)
        self._state = state
        self.claim = claim
        self.answered_ns: int | None = None
        self.due_ns = self.entered_ns = 0
        self.snd_nxt = self.rcv_nxt = self.rcv_wnd = self.window_field = 0
        self.timestamps = False
        self.ts_offset = self.ts_recent = self.ts_recent_ns = 0

    @classmethod
    def of(cls, old: ConnectionEntry, event: EnteredTimeWait, now_ns: int) -> TimeWaitEntry | None:
        """The record of a connection that needs no more; None where there are too many (TCPTimeWaitOverflow)."""
        host = old.host
        if host.time_waits >= host.knobs.tcp_max_tw_buckets or old.claim is None:
            host.counters.add("TcpExt.TCPTimeWaitOverflow")
            return None
        state = State.FIN_WAIT_2 if event.fin_wait_2 else State.TIME_WAIT
        held = old.claim
        entry = cls(host, old.key, state, claim(held.address, held.reuse_address, held.reuse_port, held.uid, Role.TIME_WAIT, held.v6only))
        last = last_numbers(old.connection)
        entry.snd_nxt, entry.rcv_nxt = last.snd_nxt & MASK, last.rcv_nxt & MASK
        entry.rcv_wnd, entry.window_field = last.rcv_wnd, last.window_field
        entry.timestamps, entry.ts_offset = last.timestamps, last.ts_offset
        entry.ts_recent, entry.ts_recent_ns = last.ts_recent, last.ts_recent_ns
        entry.entered_ns, entry.due_ns = now_ns, now_ns + event.duration_ns
        return entry

    def enter(self, now_ns: int) -> None:
        """Take the place in the table."""
        host = self.host
        host.counters.add("TcpExt.TWKilled" if self.due_ns - now_ns <= SHORT_LIFE_NS else "TcpExt.TW")
        host.time_waits += 1
        host.bindings.hold(self.key[1], self.claim)
        host.add(self)
        host.deadlines.update(self)

    def leave(self) -> None:
        """Out of the table, the port is free."""
        host = self.host
        host.time_waits -= 1
        host.remove(self)
        host.bindings.release(self.key[1], self.claim)

    def destroy(self, now_ns: int) -> None:  # noqa: ARG002 - the same whenever it is
        """End it from outside, in silence."""
        stimulus = Stimulus.TIME_WAIT_TIMEOUT if self._state is State.TIME_WAIT else Stimulus.USER_TIMEOUT
        self._finish(row_of(self._state, stimulus))

    @property
    def state(self) -> State:
        """The state of this end."""
        return self._state

    def poll_deadline(self) -> int | None:
        """When it must be handled at the latest; None: never."""
        return self.due_ns

    def poll_transmit(self, now_ns: int) -> Packet | None:  # noqa: ARG002 - what it sends goes to the host's outbox at once
        """The next packet that leaves now, or None."""
        return None

    def handle_deadline(self, now_ns: int) -> None:
        """Do what has become due."""
        if now_ns >= self.due_ns:
            stimulus = Stimulus.TIME_WAIT_TIMEOUT if self._state is State.TIME_WAIT else Stimulus.USER_TIMEOUT
            self._finish(row_of(self._state, stimulus))

    def handle_icmp(self, error: IcmpError, now_ns: int) -> None:
        """Nothing that such an error says matters any more."""

    def handle_packet(self, packet: Packet, now_ns: int) -> None:
        """A segment of this four-tuple has arrived."""
        if self._state is State.FIN_WAIT_2:
            self._handle_in_fin_wait_2(packet, now_ns)
        else:
            self._handle_in_time_wait(packet, now_ns)

    def _is_old(self, segment: Segment, now_ns: int) -> bool:
        return (
            self.timestamps
            and segment.tsval is not None
            and not segment.flags & RST
            and is_old_by_timestamp(segment.tsval, self.ts_recent, now_ns - self.ts_recent_ns)
        )

    def _keep_timestamp(self, segment: Segment, now_ns: int) -> None:
        if self.timestamps and segment.tsval is not None:
            self.ts_recent, self.ts_recent_ns = segment.tsval, now_ns

    def _handle_in_fin_wait_2(self, packet: Packet, now_ns: int) -> None:
        """Waiting for the peer's FIN; data that nobody will read is answered by RST (RFC 9293 §3.6.1, SHLD-3)."""
        segment = packet.segment
        flags, length = segment.flags, segment.length
        if self._is_old(segment, now_ns) or not is_acceptable(segment.seq, length, self.rcv_nxt, self.rcv_wnd):
            if not flags & RST:
                self._acknowledge(packet, now_ns, "TcpExt.TCPACKSkippedFinWait2")
            return
        if flags & RST:
            if segment.seq == self.rcv_nxt:
                self._finish(row_of(State.FIN_WAIT_2, Stimulus.RST))
            else:
                self._acknowledge(packet, now_ns, "TcpExt.TCPACKSkippedFinWait2")
        elif flags & SYN:
            self._acknowledge(packet, now_ns, "TcpExt.TCPACKSkippedFinWait2")
        elif flags & ACK and length and distance(segment.seq + length, self.rcv_nxt) > 0:
            end = (segment.seq + length) & MASK
            if flags & FIN and end == (self.rcv_nxt + 1) & MASK:
                self._fin(packet, end, now_ns)
            else:
                self.host.refuse(packet)
                self._finish(row_of(State.FIN_WAIT_2, Stimulus.ABORT))

    def _fin(self, packet: Packet, end: int, now_ns: int) -> None:
        row = row_of(State.FIN_WAIT_2, Stimulus.FIN)
        self.rcv_nxt = end
        self._keep_timestamp(packet.segment, now_ns)
        self._state = row.next
        self.entered_ns = now_ns
        self._restart(now_ns)
        self.host.note(self.key, row.state, row.next, row.clause)
        self.host.send(back_to_sender(packet, self._bare_ack(now_ns)))

    def _handle_in_time_wait(self, packet: Packet, now_ns: int) -> None:
        segment = packet.segment
        flags = segment.flags
        old = self._is_old(segment, now_ns)
        if not old and segment.seq == self.rcv_nxt and (segment.length == 0 or flags & RST):
            if flags & RST:
                row = row_of(State.TIME_WAIT, Stimulus.RST, *self._guarded())
                if row.next is State.CLOSED:
                    self._finish(row)
                    return
            else:
                self._restart(now_ns)
            self._keep_timestamp(segment, now_ns)
            return
        if flags & (SYN | RST | ACK) == SYN and not old and self._is_newer(segment) and self._make_way(packet, now_ns):
            return
        if old:
            self.host.counters.add("TcpExt.PAWSTimewait")
        if not flags & RST:
            if old or flags & ACK:
                self._restart(now_ns)
            self._acknowledge(packet, now_ns, "TcpExt.TCPACKSkippedTimeWait")

    def _guarded(self) -> tuple[Condition, ...]:
        return (Condition.TIME_WAIT_GUARDED,) if self.host.knobs.tcp_rfc1337 else ()

    def _is_newer(self, segment: Segment) -> bool:
        return is_syn_newer(
            segment.seq, segment.tsval or 0, (self.rcv_nxt - 1) & MASK, self.ts_recent, segment.tsval is not None, self.timestamps
        )

    def _make_way(self, packet: Packet, now_ns: int) -> bool:
        """A listener takes the four-tuple over, with an ISS beyond everything the old connection sent; False without one."""
        listener = self.host.listeners.find(packet)
        if listener is None:
            return False
        row = row_of(State.TIME_WAIT, Stimulus.SYN, Condition.NEWER_SYN)
        self.leave()
        self.host.note(self.key, State.TIME_WAIT, State.CLOSED, row.clause)
        listener.handle_packet(packet, now_ns, iss=self.next_iss)
        return True

    @property
    def next_iss(self) -> int:
        """The ISS for whoever takes the four-tuple over; never 0."""
        return (self.snd_nxt + ISS_STEP) & MASK or 1

    def may_be_reused(self, now_ns: int) -> bool:
        """Whether connect() may take the four-tuple over (tcp_twsk_unique): `tcp_tw_reuse`, timestamps, and a little age."""
        reuse = self.host.knobs.tcp_tw_reuse
        if reuse == 2 and not (is_loopback(self.key[0]) or is_loopback(self.key[2])):
            reuse = 0
        if not reuse or not self.timestamps or self._state is not State.TIME_WAIT:
            return False
        return bool(now_ns - self.entered_ns > self.host.knobs.tcp_tw_reuse_delay * MILLISECOND_NS)

    def reuse(self) -> None:
        """connect() has taken the four-tuple over."""
        self.host.counters.add("TcpExt.TWRecycled")
        self.leave()
        self.host.note(self.key, State.TIME_WAIT, State.CLOSED, "RFC 6191 §2")

    def _restart(self, now_ns: int) -> None:
        self.due_ns = now_ns + TIME_WAIT_NS
        self.host.deadlines.update(self)

    def _finish(self, row: Row) -> None:
        self.leave()
        self.host.note(self.key, row.state, row.next, row.clause)

    def _acknowledge(self, packet: Packet, now_ns: int, skipped: str) -> None:
        """The ACK for the unacceptable, unless one has just been sent."""
        segment = packet.segment
        limited = segment.length == 0 or bool(segment.flags & SYN)
        if limited and is_too_soon(self.answered_ns, now_ns, self.host.knobs.tcp_invalid_ratelimit):
            self.host.counters.add(skipped)
            return
        if limited:
            self.answered_ns = now_ns
        self.host.send(back_to_sender(packet, self._bare_ack(now_ns)))

    def _bare_ack(self, now_ns: int) -> Segment:
        return Segment(
            seq=self.snd_nxt,
            ack=self.rcv_nxt,
            flags=ACK,
            window=self.window_field,
            tsval=timestamp(now_ns, self.ts_offset) if self.timestamps else None,
            tsecr=self.ts_recent,
        )

    def snapshot(self, now_ns: int) -> SocketSnapshot:
        """The entry as sock_diag would tell it."""
        return SocketSnapshot(
            local=self.local,
            remote=self.remote,
            state=self._state,
            timer=TimerKind.TIME_WAIT,
            timer_expires_ms=max(0, self.due_ns - now_ns) // MILLISECOND_NS,
        )
