"""Half-open entries: what a listener keeps of a client between its SYN and the ACK of the SYN-ACK (net/ipv4/tcp_minisocks.c).

An entry is in SYN-RECEIVED and takes the rows of that state.  It sends its SYN-ACK again after 1, 2, 4… seconds and is given up after
`tcp_synack_retries` times, sooner if the queue is more than half full of old ones.  An ACK that comes while the accept queue is full is
dropped; the entry stays, remembers that it was acknowledged, and goes on repeating the SYN-ACK: that is what makes a client believe in
a connection that the server has not opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.half_open import HalfOpen, syn_ack
from estab.engine.host import Entry, Key
from estab.engine.isn import timestamp
from estab.engine.limits import is_too_soon
from estab.engine.options import ConnectionConfig
from estab.engine.rows import row_of
from estab.engine.stray import back_to_sender
from estab.instant import SECOND_NS
from estab.machine.checks import is_acceptable, is_old_by_timestamp, is_reset_valid
from estab.machine.states import State
from estab.machine.stimuli import Condition, Stimulus
from estab.machine.table import Row
from estab.seq import MASK, distance
from estab.snapshot import SocketSnapshot, TimerKind
from estab.wire.segment import ACK, RST, SYN, IcmpError, IcmpKind, Packet, Segment

if TYPE_CHECKING:
    from estab.engine.listener import Listener

FIRST_TIMEOUT_NS = SECOND_NS
ICMP_THAT_ENDS = (IcmpKind.NET_UNREACHABLE, IcmpKind.HOST_UNREACHABLE, IcmpKind.PARAMETER_PROBLEM)
"""ICMP errors that remove a half-open entry (net/ipv4/tcp_ipv4.c, tcp_v4_err); others say nothing lasting about the peer."""


class SynEntry(Entry):
    """One half-open entry in a listener's SYN queue."""

    __slots__ = ("acked", "answered_ns", "config", "due_ns", "half", "listener", "timeouts")

    def __init__(self, listener: Listener, key: Key, config: ConnectionConfig, half: HalfOpen, now_ns: int) -> None:
        super().__init__(listener.host, key)
        self.listener, self.config, self.half = listener, config, half
        self.timeouts = 0
        self.acked = False
        """The peer's ACK has been seen and could not be used (accept queue full, or no data yet for a deferred accept)."""
        self.answered_ns: int | None = None
        self.due_ns = now_ns + FIRST_TIMEOUT_NS

    @property
    def state(self) -> State:
        """The state of this end."""
        return State.SYN_RECEIVED

    def poll_deadline(self) -> int | None:
        """When it must be handled at the latest; None: never."""
        return self.due_ns

    def poll_transmit(self, now_ns: int) -> Packet | None:  # noqa: ARG002 - what it sends goes to the host's outbox at once
        """The next packet that leaves now, or None."""
        return None

    def send_syn_ack(self, now_ns: int) -> None:
        """The SYN-ACK, first or again."""
        local, port, remote, remote_port = self.key
        self.host.send(Packet(local, port, remote, remote_port, syn_ack(self.half, self.config, now_ns)))

    def handle_packet(self, packet: Packet, now_ns: int) -> None:
        """A segment of this four-tuple has arrived."""
        segment = packet.segment
        half = self.half
        old = (
            half.agreed.timestamps
            and segment.tsval is not None
            and not segment.flags & RST
            and is_old_by_timestamp(segment.tsval, half.ts_recent, now_ns - half.started_ns)
        )
        if segment.seq == half.irs and segment.flags & (RST | SYN | ACK) == SYN and not old:
            self._repeat_for_syn(now_ns)
            return
        if segment.flags & ACK and segment.ack != (half.iss + 1) & MASK:
            if not segment.flags & RST:
                self.host.refuse(packet)
            return
        received = (half.irs + 1) & MASK
        if old or not is_acceptable(segment.seq, segment.length, received, half.rcv_wnd):
            self._answer_unacceptable(packet, now_ns, old=old)
            return
        if segment.tsval is not None and distance(segment.seq, received) <= 0:
            half.ts_recent = segment.tsval
        if segment.flags & RST:
            self._reset(packet, now_ns)
        elif segment.flags & SYN and segment.seq != half.irs:
            self._give_up(row_of(State.SYN_RECEIVED, Stimulus.SYN, Condition.PASSIVE_ORIGIN))
        elif segment.flags & ACK:
            self._acknowledged(packet, now_ns)

    def _repeat_for_syn(self, now_ns: int) -> None:
        """The peer has sent its SYN again: it has not got the SYN-ACK."""
        if is_too_soon(self.answered_ns, now_ns, self.host.knobs.tcp_invalid_ratelimit):
            self.host.counters.add("TcpExt.TCPACKSkippedSynRecv")
            return
        self.answered_ns = now_ns
        self._retransmit(now_ns)
        self.due_ns = now_ns + self._timeout_ns()

    def _answer_unacceptable(self, packet: Packet, now_ns: int, *, old: bool) -> None:
        counters, half = self.host.counters, self.half
        if old:
            counters.add("TcpExt.PAWSEstab")
        if packet.segment.flags & RST:
            return
        if packet.segment.length == 0 and is_too_soon(self.answered_ns, now_ns, self.host.knobs.tcp_invalid_ratelimit):
            counters.add("TcpExt.TCPACKSkippedSynRecv")
            return
        self.answered_ns = now_ns
        self.host.send(back_to_sender(packet, self._bare_ack(half, now_ns)))

    def _bare_ack(self, half: HalfOpen, now_ns: int) -> Segment:
        return Segment(
            seq=(half.iss + 1) & MASK,
            ack=(half.irs + 1) & MASK,
            flags=ACK,
            window=half.rcv_wnd >> half.agreed.rcv_wscale,
            tsval=timestamp(now_ns, half.ts_offset) if half.agreed.timestamps else None,
            tsecr=half.ts_recent,
        )

    def _reset(self, packet: Packet, now_ns: int) -> None:
        if is_reset_valid(packet.segment.seq, (self.half.irs + 1) & MASK):
            self._give_up(row_of(State.SYN_RECEIVED, Stimulus.RST, Condition.PASSIVE_ORIGIN))
        elif self.host.challenges.allows(now_ns):
            self.host.counters.add("TcpExt.TCPChallengeACK")
            self.host.send(back_to_sender(packet, self._bare_ack(self.half, now_ns)))

    def _give_up(self, row: Row) -> None:
        """An attempt that came to nothing by the peer's own doing."""
        self.host.counters.add("Tcp.AttemptFails")
        self.host.counters.add("TcpExt.EmbryonicRsts")
        self.drop(row)

    def _acknowledged(self, packet: Packet, now_ns: int) -> None:
        """The ACK of the SYN-ACK, with or without data."""
        listener, counters = self.listener, self.host.counters
        if self.timeouts < listener.config.defer_accept_retries and not packet.segment.payload and not packet.segment.flags & 1:
            self.acked = True
            counters.add("TcpExt.TCPDeferAcceptDrop")
            return
        if listener.is_accept_queue_full:
            counters.add("TcpExt.ListenOverflows")
            counters.add("TcpExt.ListenDrops")
            if self.host.knobs.tcp_abort_on_overflow:
                self.host.refuse(packet)
                counters.add("TcpExt.EmbryonicRsts")
                self.drop(row_of(State.SYN_RECEIVED, Stimulus.ABORT))
            else:
                self.acked = True
            return
        self.leave()
        listener.establish(self.key, self.config, self.half, packet, now_ns)

    def destroy(self, now_ns: int) -> None:  # noqa: ARG002 - the same whenever it is
        """End it from outside, in silence."""
        self.drop(row_of(State.SYN_RECEIVED, Stimulus.USER_TIMEOUT))

    def leave(self) -> None:
        """Out of the queue and of the table, without a word to anybody."""
        self.listener.half_open -= 1
        self.listener.young -= self.timeouts == 0
        self.listener.syn_queue.pop(self.key, None)
        self.host.remove(self)

    def drop(self, row: Row) -> None:
        """The end of the attempt, for the reason that a row gives."""
        self.leave()
        self.host.note(self.key, row.state, row.next, row.clause)

    def _timeout_ns(self) -> int:
        longest_ns = self.host.knobs.tcp_rto_max_ms * 1_000_000
        return min(FIRST_TIMEOUT_NS << self.timeouts, int(longest_ns))

    def _retransmit(self, now_ns: int) -> None:
        self.send_syn_ack(now_ns)
        self.half.retransmits += 1
        self.host.counters.add("Tcp.RetransSegs")
        self.host.counters.add("TcpExt.TCPSynRetrans")

    def handle_deadline(self, now_ns: int) -> None:
        """Do what has become due."""
        if now_ns < self.due_ns:
            return
        deferred = self.listener.config.defer_accept_retries
        spent = self.timeouts >= self.listener.patience()
        if deferred:
            expired = spent and (not self.acked or self.timeouts >= deferred)
            repeat = not self.acked or self.timeouts >= deferred - 1
        else:
            expired, repeat = spent, True
        self.host.counters.add("TcpExt.TCPTimeouts")
        if expired:
            self.drop(row_of(State.SYN_RECEIVED, Stimulus.USER_TIMEOUT))
            return
        if repeat:
            self._retransmit(now_ns)
        if self.timeouts == 0:
            self.listener.young -= 1
        self.timeouts += 1
        self.due_ns = now_ns + self._timeout_ns()

    def handle_icmp(self, error: IcmpError, now_ns: int) -> None:  # noqa: ARG002 - the same for every entry
        """An ICMP error about a segment of this four-tuple has arrived."""
        if error.seq != self.half.iss:
            self.host.counters.add("TcpExt.OutOfWindowIcmps")
        elif error.kind in ICMP_THAT_ENDS:
            self.host.counters.add("TcpExt.ListenDrops")
            self.drop(row_of(State.SYN_RECEIVED, Stimulus.USER_TIMEOUT))

    def snapshot(self, now_ns: int) -> SocketSnapshot:
        """The entry as sock_diag would tell it."""
        return SocketSnapshot(
            local=self.local,
            remote=self.remote,
            state=State.SYN_RECEIVED,
            timer=TimerKind.RETRANSMIT,
            timer_expires_ms=max(0, self.due_ns - now_ns) // 1_000_000,
            timer_retries=self.timeouts,
            uid=self.listener.uid,
        )
