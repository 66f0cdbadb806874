"""What shows of a connection from outside: its queues and timer as sock_diag tells them, its last numbers for a TIME-WAIT entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from estab.engine.connection import Connection
from estab.engine.sending.variables import NO_TIMER, PROBE
from estab.engine.timers import Timer
from estab.instant import MILLISECOND_NS
from estab.snapshot import SocketMemory, SocketSnapshot, TimerKind

if TYPE_CHECKING:
    from estab.engine.entries import ConnectionEntry

SEGMENT_OVERHEAD_BYTES = 768
"""What the kernel charges for a segment beside its payload, roughly (`truesize` of a small `sk_buff`)."""


RECEIVING, SENDING = 1, 2


@dataclass(frozen=True, slots=True)
class LastNumbers:
    """What is left of a connection; positions are unwrapped."""

    snd_nxt: int
    rcv_nxt: int
    rcv_wnd: int
    window_field: int
    """The window as it stands in the header."""
    timestamps: bool
    ts_offset: int
    ts_recent: int
    ts_recent_ns: int


def last_numbers(connection: Connection) -> LastNumbers:
    """The numbers that late segments are judged by."""
    tcb = connection
    receiver = tcb.receiver
    assert receiver is not None
    window = max(0, receiver.window_left)
    return LastNumbers(
        snd_nxt=tcb.snd_nxt,
        rcv_nxt=receiver.rcv_nxt,
        rcv_wnd=window,
        window_field=min(window >> receiver.rcv_wscale, 0xFFFF),
        timestamps=tcb.agreed is not None and tcb.agreed.timestamps,
        ts_offset=tcb.ts_offset,
        ts_recent=tcb.ts_recent,
        ts_recent_ns=tcb.ts_recent_ns,
    )


def send_queue_bytes(connection: Connection) -> int:
    """Send-Q: what is not acknowledged yet, SYN and FIN counted (`write_seq - snd_una`)."""
    tcb = connection
    sender = tcb.sender
    if sender is None:
        return 1 if tcb.opening is not None else 0
    return sender.write_seq - sender.snd_una


def recv_queue_bytes(connection: Connection) -> int:
    """Recv-Q: what has arrived in order and is not read yet; a FIN counts as one (`rcv_nxt - copied_seq`)."""
    receiver = connection.receiver
    return 0 if receiver is None else receiver.rcv_nxt - receiver.copied_seq


def timer_of(connection: Connection, now_ns: int) -> tuple[TimerKind, int, int]:
    """Which timer runs, in how many milliseconds it ends, and how often it has ended already (`idiag_timer`)."""
    tcb = connection
    sender = tcb.sender
    opening = tcb.timers.deadline_of(Timer.OPENING)
    if opening is not None:
        return TimerKind.RETRANSMIT, _left_ms(opening, now_ns), 0 if tcb.opening is None else tcb.opening.retransmits
    if sender is not None and sender.timer_kind == PROBE:
        return TimerKind.PERSIST, _left_ms(sender.timer_ns, now_ns), sender.probes_out
    if sender is not None and sender.timer_kind != NO_TIMER:
        return TimerKind.RETRANSMIT, _left_ms(sender.timer_ns, now_ns), sender.retransmits
    waiting = tcb.timers.deadline_of(Timer.KEEPALIVE)
    if waiting is None:
        waiting = tcb.timers.deadline_of(Timer.FIN_WAIT_2)
    if waiting is not None:
        return TimerKind.KEEPALIVE, _left_ms(waiting, now_ns), tcb.probes_out
    return TimerKind.NONE, 0, 0


def _left_ms(deadline_ns: int | None, now_ns: int) -> int:
    return 0 if deadline_ns is None else max(0, deadline_ns - now_ns) // MILLISECOND_NS


def connection_snapshot(entry: ConnectionEntry, now_ns: int) -> SocketSnapshot:
    """A connection as sock_diag tells it."""
    connection = entry.connection
    kind, expires_ms, retries = timer_of(connection, now_ns)
    receiving, sending = recv_queue_bytes(connection), send_queue_bytes(connection)
    info = connection.info(now_ns)
    receiver = connection.receiver
    return SocketSnapshot(
        local=entry.local,
        remote=entry.remote,
        state=connection.state,
        timer=kind,
        timer_expires_ms=expires_ms,
        timer_retries=retries,
        recv_queue=receiving,
        send_queue=sending,
        uid=entry.uid,
        inode=0 if entry.socket is None else entry.inode,
        cookie=entry.inode,
        shutdown=_shutdown(entry),
        congestion=connection.settings.congestion or str(connection.config.knobs.tcp_congestion_control),
        info=info,
        memory=SocketMemory(
            rmem_alloc_bytes=_charged(receiving),
            rcvbuf_bytes=0 if receiver is None else receiver.rcvbuf_bytes,
            wmem_queued_bytes=_charged(sending),
            sndbuf_bytes=0 if connection.sender is None else connection.sender.sndbuf_bytes,
        ),
    )


def _shutdown(entry: ConnectionEntry) -> int:
    """`INET_DIAG_SHUTDOWN`: 1 no more receiving (by the process or by the peer's FIN), 2 no more sending; an orphan does neither."""
    if entry.is_orphan:
        return RECEIVING | SENDING
    receiver, sender = entry.connection.receiver, entry.connection.sender
    received = (entry.socket is not None and entry.socket.read_shut) or (receiver is not None and receiver.fin_reached)
    sent = sender is not None and sender.fin_queued
    return (RECEIVING if received else 0) | (SENDING if sent else 0)


def _charged(payload_bytes: int) -> int:
    return payload_bytes + SEGMENT_OVERHEAD_BYTES if payload_bytes > 0 else 0


def unsent_queue_bytes(connection: Connection) -> int:
    """What has been written and not been sent yet."""
    sender = connection.sender
    return 0 if sender is None else sender.unsent_bytes
