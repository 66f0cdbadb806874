"""The variables of the sending half, in the names of RFC 9293 and of Linux's `struct tcp_sock`, and the questions all ask of them.

What a connection without losses never needs (`Trouble`) and what few need at all is kept apart and made when it is needed, so that an idle
connection stays small.  Sequence numbers are positions: whole numbers that do not wrap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.numbers import shared_size
from estab.snapshot import CongestionState

if TYPE_CHECKING:
    from collections import deque

    from estab.engine.congestion.base import CongestionControl
    from estab.engine.counters import Counters
    from estab.engine.options import Negotiated
    from estab.engine.sending.buffer import SendBuffer
    from estab.engine.sending.chronograph import Chronograph
    from estab.engine.sending.entries import Sent
    from estab.engine.sending.mtu import PathMtu
    from estab.engine.sending.outgoing import Outgoing
    from estab.engine.sending.pacing import Pacing
    from estab.engine.sending.profile import SendingLimits, SendingProfile
    from estab.laws.extremes import Best
    from estab.laws.rto import Estimate

OPEN, DISORDER, CWR, RECOVERY, LOSS = CongestionState

# What timer runs; there is one, as in Linux: what it is for changes.
NO_TIMER, RETRANSMIT, LOSS_PROBE, REORDER, PROBE = range(5)

# Nagle's switches (tcp_sock.nonagle).
NAGLE_OFF, CORKED, PUSH_NOW = 1, 2, 4

# What is sent again after an ACK (tcp_ack's `rexmit`).
RESEND_NOTHING, RESEND_LOST, SEND_NEW_FIRST = range(3)


class Trouble:
    """What is remembered of losses, reductions and reordering; made at the first sign of any."""

    __slots__ = (
        "bytes_retrans",
        "delivered_ce",
        "dsack_dups",
        "dsack_seen",
        "ecn_cwr_due",
        "frto",
        "high_seq",
        "lost",
        "prior_cwnd",
        "prior_ssthresh",
        "prr_delivered",
        "prr_out",
        "reneging",
        "reo_wnd_delivered",
        "reo_wnd_persist",
        "reo_wnd_steps",
        "reord_seen",
        "reordering",
        "retrans_stamp_ns",
        "retransmit_hint",
        "rto_stamp_ns",
        "sack_blocks",
        "sack_frontier",
        "sent_order",
        "silent_since_ns",
        "tlp_high_seq",
        "tlp_is_retransmission",
        "total_retrans",
        "total_rto",
        "total_rto_ns",
        "total_rto_recoveries",
        "undo_marker",
        "undo_retrans",
    )

    def __init__(self, reordering: int, snd_una: int) -> None:
        self.high_seq = snd_una
        """SND.NXT when the present state of trouble began."""
        self.undo_marker: int | None = None
        """SND.UNA when the window was reduced; None: nothing to take back."""
        self.undo_retrans = 0
        """Retransmissions of this episode that no D-SACK has shown to be needless; -1: none has been sent yet."""
        self.prior_ssthresh = 0
        self.prior_cwnd = 0
        self.prr_delivered = 0
        self.prr_out = 0
        self.retrans_stamp_ns = -1
        """When the first retransmission of this episode was sent; -1: none."""
        self.silent_since_ns = -1
        """When something was sent again first since the last progress: patience counts from here; -1: nothing was."""
        self.frto = False
        self.reneging = False
        self.reordering = reordering
        """Segments by which the network is known to overtake (TCP_INFO's `reordering`)."""
        self.reord_seen = 0
        self.dsack_dups = 0
        self.dsack_seen = False
        self.reo_wnd_steps = 1
        self.reo_wnd_persist = 0
        self.reo_wnd_delivered = 0
        self.tlp_high_seq = 0
        """SND.NXT after a tail loss probe that is not settled; 0: none."""
        self.tlp_is_retransmission = False
        self.lost = 0
        """Segments ever marked lost."""
        self.delivered_ce = 0
        """Segments that arrived with an ECN echo."""
        self.total_retrans = 0
        self.bytes_retrans = 0
        self.total_rto = 0
        self.total_rto_recoveries = 0
        self.total_rto_ns = 0
        self.rto_stamp_ns = -1
        self.ecn_cwr_due = False
        self.sack_blocks: tuple[tuple[int, int], ...] = ()
        """The blocks of the last ACK: what stands in them again is not looked at again."""
        self.sack_frontier: Sent | None = None
        """The entry behind the highest that is selectively acknowledged."""
        self.retransmit_hint: Sent | None = None
        """No entry before it is lost and still to be sent again."""
        self.sent_order: dict[Sent, None] | None = None
        """Entries neither SACKed nor marked lost, in the order of their last transmission; None: that of the queue."""


class SendVariables:
    """All variables; `Sender` adds the calls.  Times end in `_ns` or `_us`, windows counted in segments as Linux counts them say so."""

    __slots__ = (
        "app_limited",
        "backoff",
        "buffer",
        "burst_cwnd_limited",
        "burst_rwnd_limited",
        "burst_segments",
        "ca_state",
        "chronograph",
        "congestion",
        "corked_write",
        "counters",
        "cwnd",
        "cwnd_credit",
        "cwnd_stamp_ns",
        "cwnd_usage_seq",
        "cwnd_used",
        "data_segs_out",
        "delivered",
        "delivered_ns",
        "estimate",
        "fin_position",
        "first_sent_ns",
        "head",
        "header_bytes",
        "is_cwnd_limited",
        "is_opening",
        "is_orphan",
        "iss",
        "last_ack_ns",
        "last_sent_ns",
        "limits",
        "lost_out",
        "max_packets_out",
        "max_snd_wnd",
        "min_rtt",
        "mss_bytes",
        "mss_limit_bytes",
        "nagle",
        "notsent_lowat_bytes",
        "option_bytes",
        "options",
        "pacing",
        "packets_out",
        "path",
        "probes_out",
        "probes_stamp_ns",
        "profile",
        "pushed_seq",
        "rack_advanced",
        "rack_end",
        "rack_rtt_us",
        "rack_sent_ns",
        "rate_app_limited",
        "rate_delivered",
        "rate_interval_us",
        "ready",
        "resend",
        "retrans_out",
        "retransmits",
        "rto_us",
        "rtt_seq",
        "sack_ok",
        "sacked_out",
        "short_una",  # SND.UNA when a write was cut short: room is looked for when an ACK has moved it
        "snd_nxt",
        "snd_sml",
        "snd_una",
        "snd_up",
        "snd_wl1",
        "snd_wnd",
        "sndbuf_bytes",
        "sndbuf_locked",
        "soft_errno",
        "ssthresh",
        "tail",
        "timer_kind",
        "timer_ns",
        "trouble",
        "user_timeout_us",
        "wants_room",
        "wmem_bytes",
        "write_seq",
    )

    # What came from outside.
    limits: SendingLimits
    profile: SendingProfile
    options: Negotiated
    counters: Counters
    congestion: CongestionControl
    iss: int
    sack_ok: bool
    """SACK was agreed on, and the mode of repair uses it."""
    is_opening: bool
    """The peer has not acknowledged the SYN (a Fast Open server may send already): no probes, the SYN-ACK's timer goes first."""
    is_orphan: bool
    """The user has closed: patience is shorter."""
    soft_errno: int
    """The last ICMP error that did not end the connection; 0: none since the last ACK."""
    user_timeout_us: int

    # RFC 9293 §3.3.1.
    snd_una: int
    snd_nxt: int
    snd_wnd: int
    max_snd_wnd: int
    snd_wl1: int
    snd_up: int
    """Behind the last urgent byte; equal to SND.UNA or below: no urgent mode."""

    # What is queued.
    write_seq: int
    """Behind everything queued, a FIN counted."""
    fin_position: int | None
    """Where the FIN stands; None: none queued."""
    buffer: SendBuffer | None
    wmem_bytes: int
    """What everything queued and unacknowledged counts for (sk_wmem_queued)."""
    sndbuf_bytes: int
    sndbuf_locked: bool
    """SO_SNDBUF was set: the buffer does not grow by itself."""
    notsent_lowat_bytes: int
    wants_room: bool
    short_una: int
    """A write found no room (SOCK_NOSPACE)."""
    pushed_seq: int
    """Behind the last record that was marked with PSH."""
    mss_bytes: int
    """Payload of a full segment now (mss_cache): options counted, at most half of the largest window, below the path's MTU."""
    mss_limit_bytes: int
    """What both ends and the device allow, options of each segment not counted in."""
    header_bytes: int
    """IP and TCP header with the options of each segment."""
    option_bytes: int
    """Room that the segment to be sent next needs for SACK blocks of its own: it carries so much less."""
    nagle: int
    corked_write: bool
    """The last write announced more (MSG_MORE): a small segment waits, for this once."""
    snd_sml: int
    """Behind the last small segment sent (Minshall)."""

    # What is under way.
    head: Sent | None
    tail: Sent | None
    packets_out: int
    sacked_out: int
    """Segments selectively acknowledged; without SACK: duplicate ACKs, each for one that has arrived."""
    lost_out: int
    retrans_out: int
    ready: deque[Outgoing] | None
    """Retransmissions and probes that were decided on and wait to be fetched."""
    resend: int
    data_segs_out: int
    last_sent_ns: int
    last_ack_ns: int
    burst_segments: int
    """Segments of new data given since `next` said None."""
    burst_cwnd_limited: bool
    burst_rwnd_limited: bool

    # Round trip and timer.
    estimate: Estimate
    rtt_seq: int
    rto_us: int
    min_rtt: Best | None
    backoff: int
    retransmits: int
    """Timeouts in a row (icsk_retransmits)."""
    probes_out: int
    probes_stamp_ns: int
    timer_kind: int
    timer_ns: int
    pacing: Pacing | None

    # Congestion.
    ca_state: CongestionState
    cwnd: int
    """Segments."""
    ssthresh: int
    cwnd_credit: int
    is_cwnd_limited: bool
    max_packets_out: int
    cwnd_usage_seq: int
    cwnd_used: int
    cwnd_stamp_ns: int
    trouble: Trouble | None

    # Delivery: RACK (RFC 8985 §5.2) and rate.
    rack_advanced: bool
    rack_rtt_us: int
    rack_sent_ns: int
    rack_end: int
    delivered: int
    delivered_ns: int
    first_sent_ns: int
    app_limited: int
    rate_delivered: int
    rate_interval_us: int
    rate_app_limited: bool
    chronograph: Chronograph | None
    path: PathMtu | None


def in_flight(sender: SendVariables) -> int:
    """Segments believed to be in the network (tcp_packets_in_flight; Pipe of RFC 6675)."""
    return sender.packets_out - sender.sacked_out - sender.lost_out + sender.retrans_out


def trouble_of(sender: SendVariables) -> Trouble:
    """The record of troubles, made if there is none."""
    trouble = sender.trouble
    if trouble is None:
        trouble = sender.trouble = Trouble(sender.limits.reordering, sender.snd_una)
    return trouble


def reordering_of(sender: SendVariables) -> int:
    """Segments by which the network may overtake before one counts as lost."""
    return sender.limits.reordering if sender.trouble is None else sender.trouble.reordering


def min_rtt_us(sender: SendVariables) -> int:
    """The smallest round trip of the last five minutes; very large while none is known (as ~0U in Linux)."""
    return 0xFFFFFFFF if sender.min_rtt is None else sender.min_rtt[0][1]


def window_end(sender: SendVariables) -> int:
    """SND.UNA + SND.WND: the first position that must not be sent."""
    return sender.snd_una + sender.snd_wnd


def share_position(sender: SendVariables, una: int) -> None:
    """Everything is acknowledged: equal numbers become one in memory, for a connection may now be idle for long."""
    if sender.write_seq == una:
        sender.snd_nxt = sender.write_seq = una
    if sender.pushed_seq == una:
        sender.pushed_seq = una
    if sender.snd_sml == una:
        sender.snd_sml = una
    if sender.cwnd_usage_seq == una:
        sender.cwnd_usage_seq = una
    if sender.rack_end == una:
        sender.rack_end = una
    sender.snd_up = max(una, sender.snd_up)
    if not sender.wants_room:
        sender.short_una = una
    sender.rto_us = shared_size(sender.rto_us)


def is_urgent(sender: SendVariables) -> bool:
    """Urgent data is not yet acknowledged."""
    return sender.snd_up > sender.snd_una
