"""A small table with every kind of socket, and who holds them."""

from __future__ import annotations

from typing import Any

from estab.flow import Endpoint
from estab.live.view import View
from estab.machine.states import State
from estab.snapshot import HostSnapshot, Owner, SocketSnapshot, TcpInfo, TimerKind
from estab.snapshot_table import socket_table

WEB = Owner(812, "nginx", 6, "nginx: worker", "", "nginx.service", 5)
SHELL = Owner(99, "ssh", 3, "ssh host", "abcdef012345", "", 6)


def one(state: State, local: str, peer: str, **more: Any) -> SocketSnapshot:
    """A socket; `local` and `peer` as `10.0.0.1 80`."""
    ends = [Endpoint(address, int(port)) for address, _, port in (end.partition(" ") for end in (local, peer))]
    return SocketSnapshot(local=ends[0], remote=ends[1], state=state, **more)


LISTENER = one(
    State.LISTEN, "0.0.0.0 80", "0.0.0.0 0", inode=1, recv_queue=3, send_queue=128, info=TcpInfo(state=State.LISTEN, total_retrans=7)
)
BUSY = one(
    State.ESTABLISHED,
    "10.0.0.1 80",
    "192.0.2.7 40000",
    inode=2,
    uid=33,
    congestion="cubic",
    recv_queue=0,
    send_queue=65_536,
    timer=TimerKind.RETRANSMIT,
    timer_expires_ms=4_200,
    timer_retries=3,
    info=TcpInfo(
        state=State.ESTABLISHED, rtt_us=12_300, total_retrans=5, last_data_sent_ms=900, last_data_recv_ms=70_000, last_ack_recv_ms=5_000
    ),
)
LEAKED = one(
    State.CLOSE_WAIT,
    "10.0.0.1 80",
    "198.51.100.9 50000",
    inode=3,
    recv_queue=1,
    congestion="bbr",
    info=TcpInfo(state=State.CLOSE_WAIT, rtt_us=900, last_ack_recv_ms=125_000, last_data_recv_ms=200_000, last_data_sent_ms=300_000),
)
SIX = one(State.ESTABLISHED, "2001:db8::1 50001", "2001:db8::2 443", inode=4, congestion="bbr", info=TcpInfo(state=State.ESTABLISHED))
WAITING = one(State.TIME_WAIT, "10.0.0.1 50002", "192.0.2.7 443", timer=TimerKind.TIME_WAIT, timer_expires_ms=58_000)

SOCKETS = (LISTENER, BUSY, LEAKED, SIX, WAITING)
OWNERS = {1: (WEB, Owner(813, "nginx", 6)), 2: (WEB,), 3: (WEB,), 4: (SHELL,)}


def view(*, owned: bool = True) -> View:
    """The table of SOCKETS with its owners."""
    return View(socket_table(SOCKETS), OWNERS if owned else None)


def host(*, owned: bool = True, **more: Any) -> HostSnapshot:
    """A host that has these sockets."""
    return HostSnapshot(taken_ns=1_000, boot_ns=1, kernel="6.1.0", sockets=socket_table(SOCKETS), owners=OWNERS if owned else {}, **more)
