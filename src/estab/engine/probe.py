"""What the inside of a connection looks like now, in the words that a kernel uses (TCP_INFO; net/ipv4/tcp.c, tcp_get_info)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from estab.engine.timers import Timer
from estab.instant import MILLISECOND_NS
from estab.machine.states import State
from estab.snapshot import NO_OPTION, TcpInfo, TcpOption, TimerKind

if TYPE_CHECKING:
    from estab.engine.acknowledging import AckPolicy
    from estab.engine.options import Negotiated
    from estab.engine.receiver import Receiver
    from estab.engine.tcb import Tcb


def tcp_info(tcb: Tcb, now_ns: int) -> TcpInfo:
    """TCP_INFO of this connection."""
    values: dict[str, Any] = {} if tcb.sender is None else tcb.sender.info(now_ns)
    values |= {
        "state": tcb.state,
        "advmss_bytes": tcb.config.advertised_mss_bytes,
        "segs_in": tcb.segs_in,
        "segs_out": tcb.segs_out,
        "data_segs_in": tcb.data_segs_in,
        "last_ack_recv_ms": (now_ns - tcb.last_ack_recv_ns) // MILLISECOND_NS,
        "last_data_recv_ms": (now_ns - tcb.last_data_recv_ns) // MILLISECOND_NS,
    }
    if tcb.sender is None or tcb.sender.path is None:
        values["pmtu_bytes"] = tcb.config.mtu_bytes
    if tcb.probes_out:
        values["probes"] = tcb.probes_out
    if tcb.opening is not None:
        values["retransmits"] = tcb.opening.retransmits
        if tcb.state is State.SYN_SENT:
            values["unacked_segments"] = 1
    if tcb.receiver is not None and tcb.acks is not None and tcb.agreed is not None:
        values |= _receiving(tcb.receiver, tcb.acks)
        values |= _agreed(tcb.agreed, tcb.acks, syn_data=tcb.syn_data_acked)
    return TcpInfo(**values)


def _receiving(receiver: Receiver, acks: AckPolicy) -> dict[str, Any]:
    return {
        "advmss_bytes": receiver.advmss_bytes,
        "ato_us": acks.ato_ns // 1000,
        "rcv_mss_bytes": acks.rcv_mss_bytes,
        "rcv_ssthresh_bytes": receiver.rcv_ssthresh,
        "rcv_rtt_us": receiver.shape.rcv_rtt_ns // 1000,
        "rcv_space_bytes": receiver.shape.space_bytes,
        "bytes_received": receiver.bytes_received + receiver.fin_reached,
        "rcv_ooopack": receiver.ooo_segments,
        "rcv_wnd_bytes": receiver.rcv_wnd,
    }


def _agreed(agreed: Negotiated, acks: AckPolicy, *, syn_data: bool) -> dict[str, Any]:
    options = NO_OPTION
    for on, option in (
        (agreed.timestamps, TcpOption.TIMESTAMPS),
        (agreed.sack, TcpOption.SACK),
        (agreed.window_scaling, TcpOption.WINDOW_SCALE),
        (agreed.ecn, TcpOption.ECN),
        (acks.saw_ect, TcpOption.ECN_SEEN),
        (syn_data, TcpOption.SYN_DATA),
    ):
        if on:
            options |= option
    return {"options": options, "snd_wscale": agreed.snd_wscale, "rcv_wscale": agreed.rcv_wscale}


def running_timer(tcb: Tcb, now_ns: int) -> tuple[TimerKind, int, int]:
    """The timer that sock_diag tells: kind, milliseconds until it ends, retries so far."""
    if tcb.opening is not None and (deadline := tcb.timers.deadline_of(Timer.OPENING)) is not None:
        return TimerKind.RETRANSMIT, _left_ms(deadline, now_ns), tcb.opening.retransmits
    if tcb.sender is not None and tcb.state is not State.TIME_WAIT:
        told = tcb.sender.timer(now_ns)
        if told[0] is not TimerKind.NONE:
            return told
    for timer, kind in (
        (Timer.TIME_WAIT, TimerKind.TIME_WAIT),
        (Timer.FIN_WAIT_2, TimerKind.TIME_WAIT),
        (Timer.KEEPALIVE, TimerKind.KEEPALIVE),
    ):
        if (deadline := tcb.timers.deadline_of(timer)) is not None:
            return kind, _left_ms(deadline, now_ns), tcb.probes_out
    return TimerKind.NONE, 0, 0


def _left_ms(deadline_ns: int, now_ns: int) -> int:
    return max(0, (deadline_ns - now_ns) // MILLISECOND_NS)
