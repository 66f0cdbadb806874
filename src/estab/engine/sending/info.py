"""What TCP_INFO tells of the sending half (net/ipv4/tcp.c, tcp_get_info)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from estab.engine.sending.pacing import UNLIMITED, current_rate
from estab.engine.sending.variables import NO_TIMER, PROBE, SendVariables, in_flight, reordering_of
from estab.instant import MILLISECOND_NS
from estab.snapshot import TimerKind

if TYPE_CHECKING:
    from estab.engine.sending.variables import Trouble


def fields(sender: SendVariables, now_ns: int) -> dict[str, Any]:
    """Fields of `snapshot.TcpInfo` that the sending half knows, by name."""
    known = sender.estimate
    watch = sender.chronograph
    busy_us, rwnd_us, sndbuf_us = watch.totals_us(now_ns) if watch is not None else (0, 0, 0)
    pacing = sender.pacing
    fin_sent = sender.fin_position is not None and sender.snd_nxt > sender.fin_position
    retransmitted = sender.trouble.bytes_retrans if sender.trouble is not None else 0
    rate = sender.rate_delivered * sender.mss_bytes * 1_000_000 // sender.rate_interval_us if sender.rate_interval_us else 0
    values: dict[str, Any] = {
        "ca_state": sender.ca_state,
        "retransmits": sender.retransmits,
        "probes": sender.probes_out,
        "backoff": sender.backoff,
        "delivery_rate_app_limited": sender.rate_app_limited,
        "rto_us": sender.rto_us,
        "snd_mss_bytes": sender.mss_bytes,
        "unacked_segments": sender.packets_out,
        "sacked_segments": sender.sacked_out,
        "lost_segments": sender.lost_out,
        "retrans_segments": sender.retrans_out,
        "last_data_sent_ms": (now_ns - sender.last_sent_ns) // MILLISECOND_NS,
        "last_ack_recv_ms": (now_ns - sender.last_ack_ns) // MILLISECOND_NS,
        "pmtu_bytes": sender.path.mtu_bytes if sender.path is not None else sender.mss_limit_bytes + sender.header_bytes,
        "rtt_us": known.srtt8_us >> 3,
        "rttvar_us": known.mdev4_us >> 2,
        "snd_ssthresh_segments": sender.ssthresh,
        "snd_cwnd_segments": sender.cwnd,
        "reordering": reordering_of(sender),
        "pacing_rate_bytes_per_s": current_rate(sender),
        "max_pacing_rate_bytes_per_s": UNLIMITED if pacing is None else pacing.max_rate_bytes_per_s,
        "bytes_acked": sender.snd_una - sender.iss - 1,
        "notsent_bytes": max(0, sender.write_seq - sender.snd_nxt),
        "min_rtt_us": sender.min_rtt[0][1] if sender.min_rtt is not None else 0,
        "data_segs_out": sender.data_segs_out,
        "delivery_rate_bytes_per_s": rate,
        "busy_time_us": busy_us,
        "rwnd_limited_us": rwnd_us,
        "sndbuf_limited_us": sndbuf_us,
        "delivered": sender.delivered,
        "bytes_sent": sender.snd_nxt - sender.iss - 1 - fin_sent + retransmitted,
        "snd_wnd_bytes": sender.snd_wnd,
    }
    if sender.trouble is not None:
        values.update(_troubles(sender.trouble, now_ns))
    return values


def _troubles(trouble: Trouble, now_ns: int) -> dict[str, Any]:
    running_ns = now_ns - trouble.rto_stamp_ns if trouble.rto_stamp_ns >= 0 else 0
    return {
        "total_retrans": trouble.total_retrans,
        "bytes_retrans": trouble.bytes_retrans,
        "dsack_dups": trouble.dsack_dups,
        "delivered_ce": trouble.delivered_ce,
        "reord_seen": trouble.reord_seen,
        "total_rto": trouble.total_rto,
        "total_rto_recoveries": trouble.total_rto_recoveries,
        "total_rto_time_ms": (trouble.total_rto_ns + running_ns) // MILLISECOND_NS,
    }


def timer(sender: SendVariables, now_ns: int) -> tuple[TimerKind, int, int]:
    """The running timer as sock_diag tells it: kind, milliseconds that are left, retries; probes of the tail count as retransmission."""
    if sender.timer_kind == NO_TIMER:
        return TimerKind.NONE, 0, 0
    left_ms = max(0, sender.timer_ns - now_ns) // MILLISECOND_NS
    if sender.timer_kind == PROBE:
        return TimerKind.PERSIST, left_ms, sender.probes_out
    return TimerKind.RETRANSMIT, left_ms, sender.retransmits


def flight(sender: SendVariables) -> int:
    """Segments believed to be in the network."""
    return in_flight(sender)
