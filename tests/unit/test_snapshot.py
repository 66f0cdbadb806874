"""Snapshots: the names they share with the kernel."""

from __future__ import annotations

from estab.flow import Endpoint
from estab.machine.states import State
from estab.snapshot import HostSnapshot, SocketSnapshot, TcpInfo, TimerKind


def test_a_kernel_that_tells_less_leaves_defaults() -> None:
    info = TcpInfo(state=State.ESTABLISHED)
    assert (info.total_retrans, info.reordering, info.snd_ssthresh_segments) == (0, 3, 0x7FFFFFFF)


def test_a_socket_without_tcp_info() -> None:
    waiting = SocketSnapshot(local=Endpoint("10.0.0.1", 80), remote=Endpoint("10.0.0.2", 40000), state=State.TIME_WAIT)
    assert waiting.info is None and waiting.owners == () and waiting.timer is TimerKind.NONE


def test_a_snapshot_of_nothing_names_what_it_lacks() -> None:
    assert HostSnapshot(taken_ns=1, unseen={"counters": "no /proc"}).unseen == {"counters": "no /proc"}
