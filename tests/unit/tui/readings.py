"""Readings of a host that does not exist, for screens."""

from __future__ import annotations

from estab.flow import Endpoint
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.snapshot import HostSnapshot, Owner, SocketMemory, SocketSnapshot, TcpInfo, TimerKind
from estab.snapshot_table import socket_table

START_NS = 11524 * SECOND_NS  # 03:12:04
NGINX = Owner(pid=77, command="nginx", descriptor=5)


def connection(number: int, state: State = State.ESTABLISHED, *, acked: int = 0, received: int = 0, queue: int = 0) -> SocketSnapshot:
    """A socket of a web server; its cookie and inode are its number."""
    info = TcpInfo(
        state=state,
        rtt_us=1200 * number,
        rttvar_us=300,
        min_rtt_us=900,
        rto_us=204_000,
        snd_cwnd_segments=10,
        snd_mss_bytes=1448,
        snd_wnd_bytes=64_256,
        bytes_acked=acked,
        bytes_received=received,
        total_retrans=number - 1,
        last_data_recv_ms=5020,
        last_ack_recv_ms=2020,
        busy_time_us=2_000_000,
        rwnd_limited_us=1_500_000,
    )
    return SocketSnapshot(
        local=Endpoint("10.0.0.1", 80),
        remote=Endpoint("10.0.0.9", 40_000 + number),
        state=state,
        cookie=number,
        inode=number,
        recv_queue=queue,
        timer=TimerKind.KEEPALIVE if number == 1 else TimerKind.NONE,
        timer_expires_ms=41_000,
        congestion="cubic",
        info=info,
        memory=SocketMemory(rcvbuf_bytes=131_072, sndbuf_bytes=87_040, drops=3),
    )


def reading(second: int, *, growth: int = 1) -> HostSnapshot:
    """Three connections and a listener; the bytes of two grow."""
    listener = SocketSnapshot(
        local=Endpoint("0.0.0.0", 80), remote=Endpoint("0.0.0.0", 0), state=State.LISTEN, recv_queue=129, send_queue=128, cookie=9, inode=9
    )
    sockets = [
        connection(1, acked=1_000_000 * growth),
        connection(2, State.CLOSE_WAIT, queue=1),
        connection(3, acked=5_000 * growth, received=100 * growth),
        listener,
    ]
    counters = {"Tcp.ActiveOpens": 5 * second, "Tcp.RetransSegs": 3 * second, "TcpExt.ListenDrops": 2 * second}
    return HostSnapshot(taken_ns=START_NS + second * SECOND_NS, counters=counters, sockets=socket_table(sockets))
