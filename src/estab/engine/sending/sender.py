"""The sending half of a connection: what it is asked and told, each call a thin composition of the parts beside it.

Order of calls: `write`, `queue_fin`, `on_ack`, `on_icmp_too_big` and `on_deadline` may each change what is to be sent; after any of them
ask `next` until it gives None, then `deadline`.  All positions are unwrapped, all times nanoseconds of one clock that does not go
backwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from estab.engine.congestion import choice
from estab.engine.counters import Counters
from estab.engine.options import TCP_HEADER_BYTES, TIMESTAMPS_BYTES
from estab.engine.sending import acks, info, loss, mtu, persist, rack_timer, room, rtt, straight, tlp, writing
from estab.engine.sending.emission import next_new
from estab.engine.sending.outgoing import NOTHING_DUE, AckResult, Action, Outgoing, SenderVerdict
from estab.engine.sending.pacing import pacing_of
from estab.engine.sending.profile import LINUX_PROFILE, TIMEOUT_INIT_US, ArqMode, SendingLimits, SendingProfile
from estab.engine.sending.retransmit import resend_lost
from estab.engine.sending.timers import rearm_rto
from estab.engine.sending.variables import (
    CORKED,
    LOSS_PROBE,
    NAGLE_OFF,
    NO_TIMER,
    OPEN,
    PROBE,
    PUSH_NOW,
    RESEND_LOST,
    RESEND_NOTHING,
    RETRANSMIT,
    SEND_NEW_FIRST,
    SendVariables,
    in_flight,
    min_rtt_us,
)
from estab.laws.reno import NO_THRESHOLD
from estab.laws.rto import Estimate
from estab.laws.window import bounded_by_half_window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from estab.chance import Chance
    from estab.engine.options import Negotiated
    from estab.knobs.values import KnobValues
    from estab.snapshot import TimerKind

__all__ = ["AckResult", "Action", "Outgoing", "Sender", "SenderVerdict"]

PROBED_TAIL = SenderVerdict(Action.PROBED_TAIL)
REORDER_WAITED = SenderVerdict(Action.REORDER_WAITED)
PACED = SenderVerdict(Action.PACED)
NOTHING_KNOWN = Estimate()


class Sender(SendVariables):
    """See the module for the order of calls, `SendVariables` for what may be read."""

    __slots__ = ()

    def __init__(
        self,
        knobs: KnobValues,
        chance: Chance,
        *,
        iss: int,
        options: Negotiated,
        mss_bytes: int,
        now_ns: int,
        counters: Counters | None = None,
        profile: SendingProfile = LINUX_PROFILE,
        header_bytes: int = 0,
        congestion: str | None = None,
    ) -> None:
        """`mss_bytes`: payload of a full segment, without the options that each has; `header_bytes`: all headers with those options."""
        limits = self.limits = knobs.derived(SendingLimits)
        self.profile, self.options = profile, options
        self.counters = Counters() if counters is None else counters
        self.iss = iss
        self.sack_ok = options.sack and profile.arq_mode is ArqMode.SELECTIVE
        self.is_opening = self.is_orphan = False
        self.soft_errno = self.user_timeout_us = 0
        self.snd_una = self.snd_nxt = self.snd_up = self.write_seq = self.pushed_seq = self.snd_sml = self.short_una = iss + 1
        self.snd_wnd = self.max_snd_wnd = 0
        self.snd_wl1 = 0
        self.fin_position = None
        self.buffer = self.head = self.tail = self.ready = self.pacing = self.trouble = self.chronograph = self.path = None
        self.header_bytes = header_bytes or TCP_HEADER_BYTES + 20 + (TIMESTAMPS_BYTES if options.timestamps else 0)
        self.mss_bytes = self.mss_limit_bytes = mss_bytes
        self.wmem_bytes = self.option_bytes = 0
        self.sndbuf_bytes = limits.wmem_bytes
        self.sndbuf_locked = self.wants_room = self.corked_write = False
        self.notsent_lowat_bytes = limits.notsent_lowat_bytes
        self.nagle = 0
        self.packets_out = self.sacked_out = self.lost_out = self.retrans_out = 0
        self.resend = RESEND_NOTHING
        self.data_segs_out = self.burst_segments = 0
        self.burst_cwnd_limited = self.burst_rwnd_limited = False
        self.last_sent_ns = self.last_ack_ns = self.cwnd_stamp_ns = now_ns
        self.estimate = NOTHING_KNOWN
        self.rtt_seq = iss + 1
        self.rto_us = TIMEOUT_INIT_US
        self.min_rtt = None
        self.backoff = self.retransmits = self.probes_out = 0
        self.probes_stamp_ns = -1
        self.timer_kind, self.timer_ns = NO_TIMER, 0
        self.ca_state = OPEN
        self.cwnd = profile.initial_cwnd_segments
        self.ssthresh = NO_THRESHOLD
        self.cwnd_credit = self.max_packets_out = self.cwnd_used = 0
        self.cwnd_usage_seq = iss + 1
        self.is_cwnd_limited = self.rack_advanced = self.rate_app_limited = False
        self.rack_rtt_us = self.rack_end = 0
        self.rack_sent_ns = -1
        self.delivered = self.app_limited = self.rate_delivered = self.rate_interval_us = 0
        self.delivered_ns = self.first_sent_ns = now_ns
        name = congestion or limits.congestion
        if profile.arq_mode is ArqMode.STOP_AND_WAIT:
            self.cwnd, name = 1, "fixed"
        self.set_congestion(name, chance)
        if profile.pacing:
            pacing_of(self)

    # What the connection tells once.

    def on_handshake_rtt(self, rtt_ns: int, now_ns: int) -> None:
        """The first round trip: from the SYN or SYN-ACK, sent once, to what acknowledged it."""
        sample_us = rtt_ns // 1000
        rtt.measured(self, sample_us, sample_us, now_ns, maybe_delayed=False)
        self.congestion.measured(self)

    def on_established(self, window_bytes: int, seq: int, now_ns: int, *, syn_retransmits: int = 0) -> None:
        """The SYN is acknowledged: the peer's window, and the size of the send buffer; after SYNs sent again the window is one segment."""
        self.is_opening = False
        self.set_window(window_bytes, seq)
        self.last_ack_ns = self.cwnd_stamp_ns = self.delivered_ns = now_ns
        if syn_retransmits > 1:
            self.cwnd = 1
        rearm_rto(self, now_ns)
        room.grow_buffer(self)
        if self.limits.mtu_probing > 1:
            mtu.begin_search(self, now_ns)

    def set_window(self, window_bytes: int, seq: int) -> None:
        """Takes over a window as it is (RFC 9293 §3.10.7.3, fourth step)."""
        self.snd_wnd, self.snd_wl1 = window_bytes, seq
        if window_bytes > self.max_snd_wnd:
            self.max_snd_wnd = window_bytes
            self.mss_bytes = bounded_by_half_window(self.mss_limit_bytes, window_bytes)

    # What the user does.

    def write(self, data: bytes | memoryview, now_ns: int, *, more: bool = False, end_of_record: bool = False, urgent: bool = False) -> int:
        """Takes bytes into the send buffer; gives how many, 0 where there is no room (then `wants_room` is set).

        `more`: a small rest may wait for the next write (MSG_MORE); `end_of_record`: nothing is joined to it (MSG_EOR); `urgent`: its
        last byte is the urgent mark (RFC 9293 §3.8.5; MSG_OOB).
        """
        return writing.write(self, data, now_ns, more=more, end_of_record=end_of_record, urgent=urgent)

    def send_again(self, data: bytes, now_ns: int) -> None:
        """Data that left with the SYN and did not arrive (RFC 7413 §4.2.2): it counts as sent and lost, and leaves again at once.

        As a segment that is not full it holds nothing back (Minshall): it is none that a write left over.
        """
        small = self.snd_sml
        self.write(data, now_ns)
        while next_new(self, now_ns) is not None:
            pass
        self.snd_sml = small
        mtu.resend_blameless(self, lambda _entry: True, now_ns)

    def queue_fin(self, now_ns: int) -> None:
        """A FIN behind what is queued: on the last unsent segment, or on one of its own."""
        writing.queue_fin(self, now_ns)

    def set_nodelay(self, on: bool) -> None:
        """TCP_NODELAY; switching it on sends what Nagle or a cork held back."""
        self.nagle = self.nagle | NAGLE_OFF | PUSH_NOW if on else self.nagle & ~NAGLE_OFF
        if on:
            self.corked_write = False

    def set_cork(self, on: bool) -> None:
        """TCP_CORK; switching it off sends what it held back, unless Nagle holds that back too."""
        if on:
            self.nagle |= CORKED
        else:
            self.nagle &= ~CORKED
            self.corked_write = False
            if self.nagle & NAGLE_OFF:
                self.nagle |= PUSH_NOW

    def set_congestion(self, name: str, chance: Chance) -> None:
        """TCP_CONGESTION; KeyError for a name that is not in `choice.AVAILABLE`."""
        self.congestion = choice.make(name)
        self.congestion.start(self, chance)

    def set_send_buffer(self, size_bytes: int) -> None:
        """SO_SNDBUF, as the kernel keeps it (twice what the user said): fixed from now on."""
        room.fix_buffer(self, size_bytes)

    def set_max_pacing_rate(self, bytes_per_s: int) -> None:
        """SO_MAX_PACING_RATE: segments leave no faster, one after the other."""
        pacing_of(self).max_rate_bytes_per_s = bytes_per_s

    def set_mss_limit(self, mss_bytes: int) -> None:
        """A smaller full segment (TCP_MAXSEG): from the next segment on."""
        self.mss_limit_bytes = mss_bytes
        mtu.apply_mss(self)

    # What the network does.

    def on_ack(
        self,
        ack: int,
        *,
        seg_seq: int,
        seg_len: int,
        window: int,
        sack: Sequence[tuple[int, int]] = (),
        tsecr_ns: int | None = None,
        ece: bool = False,
        now_ns: int,
    ) -> AckResult:
        """An acceptable ACK (RFC 5961 §5); `seg_len` counts what the segment occupies itself, `window` is scaled.

        `tsecr_ns` is when this end made the timestamp that is echoed, in whole milliseconds of this clock; None without one.
        """
        if not sack and not ece:
            result = straight.take(self, ack, seg_seq, seg_len, window, now_ns)
            if result is not None:
                return result
        return acks.process(self, ack, seg_seq, seg_len, window, sack, tsecr_ns, ece, now_ns)

    def on_icmp_too_big(self, mtu_bytes: int, seq: int, now_ns: int) -> bool:
        """A router could not pass on the segment at `seq`: segments become smaller; False where the message cannot be true or matter."""
        if not self.snd_una <= seq < self.snd_nxt:
            return False
        return mtu.on_too_big(self, mtu_bytes, now_ns)

    def on_soft_error(self, errno: int) -> None:
        """An ICMP error that does not end the connection: the user learns of it if nothing is acknowledged until patience runs out."""
        self.soft_errno = errno

    # What leaves, and when.

    def next(self, now_ns: int) -> Outgoing | None:
        """The next segment to be sent now; None: none."""
        if self.ready:
            return self.ready.popleft()
        if self.head is None and self.snd_nxt == self.write_seq and not self.wants_room and not self.resend:
            self.ready = None
            return None  # all is sent and acknowledged: nothing to conclude
        outgoing = next_new(self, now_ns)
        if outgoing is None and self.resend == SEND_NEW_FIRST:
            self._after_new_data(now_ns)
            if self.ready:
                return self.ready.popleft()
        if outgoing is None:
            self.ready = None
        return outgoing

    def _after_new_data(self, now_ns: int) -> None:
        """F-RTO wanted new data to go first; where none could, the usual repair goes on."""
        self.resend = RESEND_NOTHING
        trouble = self.trouble
        if trouble is not None and self.snd_nxt <= trouble.high_seq:
            trouble.frto = False
            resend_lost(self, now_ns)

    def deadline(self) -> int | None:
        """When `on_deadline` has something to do; None: never."""
        due = self.timer_ns if self.timer_kind else None
        pacing = self.pacing
        if pacing is not None and pacing.is_waiting and (due is None or pacing.next_ns < due):
            return pacing.next_ns
        return due

    def on_deadline(self, now_ns: int) -> SenderVerdict:
        """Does what is due; harmless before."""
        pacing = self.pacing
        if pacing is not None and pacing.is_waiting and now_ns >= pacing.next_ns:
            pacing.is_waiting = False
            if self.lost_out > self.retrans_out and self.cwnd > in_flight(self):
                resend_lost(self, now_ns)
            if not self.timer_kind or now_ns < self.timer_ns:
                return PACED
        kind = self.timer_kind
        if not kind or now_ns < self.timer_ns:
            return NOTHING_DUE
        if kind == LOSS_PROBE:
            return PROBED_TAIL if tlp.probe(self, now_ns) else NOTHING_DUE
        if kind == RETRANSMIT:
            self.timer_kind = NO_TIMER
            return loss.on_timeout(self, now_ns)
        if kind == PROBE:
            self.timer_kind = NO_TIMER
            return persist.on_probe_timer(self, now_ns)
        rack_timer.on_reorder_timeout(self, now_ns)
        return REORDER_WAITED

    def wake_peer(self, now_ns: int) -> None:
        """A segment that the peer must answer, with data where there is any that fits (keepalive: tcp_write_wakeup)."""
        persist.wake(self, now_ns)

    # Questions.

    @property
    def fin_queued(self) -> bool:
        """A FIN is queued or sent."""
        return self.fin_position is not None

    @property
    def fin_acked(self) -> bool:
        """The FIN is acknowledged."""
        return self.fin_position is not None and self.snd_una > self.fin_position

    @property
    def unsent_bytes(self) -> int:
        """Bytes never sent, a FIN not counted."""
        end = self.write_seq if self.fin_position is None else self.fin_position
        return max(0, end - self.snd_nxt)

    @property
    def unacked_bytes(self) -> int:
        """SND.NXT - SND.UNA: sent and not acknowledged, a FIN counted."""
        return self.snd_nxt - self.snd_una

    @property
    def has_data(self) -> bool:
        """Something queued or sent is not acknowledged."""
        return self.write_seq > self.snd_una

    @property
    def front_is_data(self) -> bool:
        """The oldest unacknowledged segment carries data, not a FIN alone."""
        return self.head is not None and len(self.head.payload) > 0

    @property
    def rto_ns(self) -> int:
        """The present retransmission timeout."""
        return self.rto_us * 1000

    @property
    def smallest_rtt_us(self) -> int:
        """The smallest round trip of the last five minutes; 0xFFFFFFFF while none is known."""
        return min_rtt_us(self)

    def write_room_bytes(self) -> int:
        """How many bytes `write` would take now."""
        return room.room(self)

    def is_writable(self) -> bool:
        """Whether poll() reports the socket as writable: a third of the buffer is free, and little enough is unsent."""
        return room.is_writable(self)

    def timer(self, now_ns: int) -> tuple[TimerKind, int, int]:
        """The running timer: kind, milliseconds left, retries (sock_diag)."""
        return info.timer(self, now_ns)

    def info(self, now_ns: int) -> dict[str, Any]:
        """Fields of `snapshot.TcpInfo` that the sending half knows."""
        return info.fields(self, now_ns)

    def resend_now(self, now_ns: int) -> None:
        """Sends again what is lost, if anything; after the window was widened from outside."""
        if self.resend == RESEND_LOST:
            self.resend = RESEND_NOTHING
        resend_lost(self, now_ns)
