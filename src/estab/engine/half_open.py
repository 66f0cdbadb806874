"""A connection of which only the peer's SYN is known, in as few bytes as it needs: what a listener's SYN queue holds.

`answer_syn` decides everything at once (options, window, ISS), `syn_ack` writes the segment as often as it has to be sent, and
`Connection.from_half_open` makes a connection of it when the peer's ACK (or the data of a Fast Open SYN) comes.
"""

from __future__ import annotations

from dataclasses import dataclass

from estab.engine.isn import timestamp
from estab.engine.options import TIMESTAMPS_BYTES, ConnectionConfig, Negotiated, agree, answer
from estab.engine.window import initial_window
from estab.seq import MASK
from estab.wire.segment import ACK, CWR, ECE, SYN, Segment


@dataclass(slots=True)
class HalfOpen:
    """SYN-RECEIVED without a TCB; sequence numbers as on the wire."""

    iss: int
    irs: int
    agreed: Negotiated
    peer_window: int
    """SEG.WND of the SYN, never scaled."""
    rcv_wnd: int
    """The window that the SYN-ACK announces."""
    ts_recent: int
    ts_offset: int
    started_ns: int
    sent_ns: int
    """When the SYN-ACK was sent first: the ACK gives the first RTT sample, unless it was sent again."""
    retransmits: int = 0
    syn_data: bytes = b""
    """Data of a Fast Open SYN that the cookie allowed: acknowledged by the SYN-ACK (RFC 7413 §4.2.2)."""
    fast_open_cookie: bytes | None = None
    """A cookie to hand out in the SYN-ACK."""
    fast_open_experimental: bool = False
    peer_user_timeout_s: int | None = None


def answer_syn(config: ConnectionConfig, syn: Segment, now_ns: int, *, iss: int | None = None) -> HalfOpen:
    """What a listener replies to a SYN; `iss` overrides the usual choice (SYN cookies, RFC 6191)."""
    timestamps = syn.tsval is not None
    ecn = syn.flags & (ECE | CWR) == ECE | CWR and bool(config.knobs.tcp_ecn if config.ecn is None else config.ecn)
    mss = config.advertised_mss_bytes - (TIMESTAMPS_BYTES if timestamps and config.knobs.tcp_timestamps else 0)
    rcv_wnd, rcv_wscale = initial_window(
        config.knobs, config.settings, mss, scaling=syn.syn is not None and syn.syn.window_scale is not None
    )
    agreed = agree(config, syn.syn, timestamps=timestamps, rcv_wscale=rcv_wscale, ecn=ecn)
    return HalfOpen(
        iss=config.secrets.initial_sequence(config.local, config.remote, now_ns) if iss is None else iss,
        irs=syn.seq,
        agreed=agreed,
        peer_window=syn.window,
        rcv_wnd=rcv_wnd,
        ts_recent=syn.tsval or 0,
        ts_offset=offset_of(config),
        started_ns=now_ns,
        sent_ns=now_ns,
        peer_user_timeout_s=syn.user_timeout_s,
    )


def offset_of(config: ConnectionConfig) -> int:
    """The offset of this connection's timestamps; `tcp_timestamps=2` asks for none."""
    return config.secrets.timestamp_offset(config.local, config.remote) if config.knobs.tcp_timestamps == 1 else 0


def syn_ack(half: HalfOpen, config: ConnectionConfig, now_ns: int) -> Segment:
    """The SYN-ACK, now."""
    options = answer(config, half.agreed)
    options.fast_open_cookie, options.fast_open_experimental = half.fast_open_cookie, half.fast_open_experimental
    return Segment(
        seq=half.iss,
        ack=(half.irs + 1 + len(half.syn_data)) & MASK,
        flags=SYN | ACK | (ECE if half.agreed.ecn else 0),
        window=min(half.rcv_wnd, 0xFFFF),
        tsval=timestamp(now_ns, half.ts_offset) if half.agreed.timestamps else None,
        tsecr=half.ts_recent,
        syn=options,
        user_timeout_s=config.settings.advertised_user_timeout_s or None,
    )
