"""Sockets and snapshots that several cases are made of."""

from __future__ import annotations

from typing import Any

from estab.diagnose.finding import Severity
from estab.machine.states import State
from estab.snapshot import QueueingDiscipline, SocketSnapshot, TimerKind
from tests.host_rules.snapshots import PEER, accepted, listener, opened, sock

INFO, CRITICAL = Severity.INFO, Severity.CRITICAL
RETRANSMIT, PERSIST, KEEPALIVE, SMALL = TimerKind.RETRANSMIT, TimerKind.PERSIST, TimerKind.KEEPALIVE, TimerKind.TIME_WAIT
FULL = listener(recv_queue=129, send_queue=128)


def half(count: int, retries: int = 1, spread: bool = False) -> list[SocketSnapshot]:
    """Half-open entries of one client, or of as many as there are."""
    peers = [f"10.7.{number // 250}.{number % 250 + 1}" if spread else PEER for number in range(count)]
    return [
        sock(State.SYN_RECEIVED, "10.0.0.1:80", f"{peer}:{1024 + number}", timer=RETRANSMIT, timer_retries=retries)
        for number, peer in enumerate(peers)
    ]


def trying(count: int, retries: int = 2, to: str = f"{PEER}:443", ports: bool = False) -> list[SocketSnapshot]:
    """Attempts that have had no answer."""
    return [
        opened(
            number, State.SYN_SENT, remote=f"{PEER}:{number + 1}" if ports else to, timer=RETRANSMIT, timer_retries=retries, bytes_acked=0
        )
        for number in range(count)
    ]


LOST = [accepted(number) for number in range(60)]
FAKE: dict[str, Any] = {"timer": RETRANSMIT, "retransmits": 3, "bytes_acked": 1, "bytes_received": 0, "send_queue": 20}


IDLE3 = [opened(number) for number in range(3)]
STUCK: dict[str, Any] = {
    "timer": RETRANSMIT,
    "retransmits": 5,
    "backoff": 5,
    "rto_us": 6_500_000,
    "timer_expires_ms": 3_000,
    "last_ack_recv_ms": 10_000,
}


def in_state(state: State, count: int, **fields: Any) -> list[SocketSnapshot]:
    return [accepted(number, state, **fields) for number in range(count)]


def waits(count: int, expires_ms: int = 50_000) -> list[SocketSnapshot]:
    return in_state(State.TIME_WAIT, count, timer=SMALL, timer_expires_ms=expires_ms)


CLOSED: dict[str, Any] = {"timer": PERSIST, "probes": 4, "send_queue": 50_000, "snd_wnd_bytes": 0}
BUSY: dict[str, Any] = {"busy_time_us": 4_800_000, "bytes_acked": 2_000_000, "data_segs_out": 1500, "bytes_sent": 2_000_000}
LONG: dict[str, Any] = {
    "timer": RETRANSMIT,
    "retransmits": 3,
    "backoff": 3,
    "rto_us": 1_600_000,
    "timer_expires_ms": 800,
    "send_queue": 5_000,
    "bytes_acked": 500,
}
WAITED: dict[str, Any] = {"rwnd_limited_us": 4_000_000}
SHAPER = QueueingDiscipline(interface="eth0", kind="tbf", handle=1, dropped=5, packets_sent=100)
PAIRS: dict[str, Any] = {"data_segs_in": 120, "data_segs_out": 60, "bytes_received": 2_200, "bytes_sent": 1_300}


def drops(dropped: int, sent: int) -> dict[str, Any]:
    more = QueueingDiscipline(interface="eth0", kind="tbf", handle=1, dropped=5 + dropped, packets_sent=100 + sent)
    return {"earlier": {"qdiscs": (SHAPER,)}, "snapshot": {"qdiscs": (more,)}}
