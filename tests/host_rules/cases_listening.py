"""Listeners, ports, programs, attacks: for each code a case in which it is found, and near misses."""

from __future__ import annotations

from typing import Any

from estab.machine.states import State
from estab.snapshot import Owner, Process, SocketSnapshot
from tests.host_rules.builders import CRITICAL, INFO, LOST, SMALL, half, trying
from tests.host_rules.snapshots import PEER, SHOP, accepted, both, fires, listener, opened, quiet

FLOOD = {"TcpExt.TCPReqQFullDoCookies": 90, "TcpExt.SyncookiesSent": 90, "TcpExt.SyncookiesRecv": 1}
SYNS = {"TcpExt.TCPChallengeACK": 6, "TcpExt.TCPSYNChallenge": 6}
REFUSED_HERE = {"Tcp.ActiveOpens": 3, "Tcp.AttemptFails": 3, "Tcp.OutRsts": 3}
DOOR = listener("0.0.0.0:4444", inode=7)
TWENTY = {"ip_local_port_range": "40000 40019"}
WAITING = [listener(recv_queue=2), accepted(1, inode=0), accepted(2, inode=0)]
BACK = [listener(), *[accepted(1000 + number) for number in range(60)]]
FULL_PROCESS: dict[str, Any] = {"processes": {SHOP.pid: Process(pid=SHOP.pid, command="shop", open_files=1024, nofile_soft=1024)}}
LATE = {"TcpExt.TCPAbortOnData": 3, "Tcp.OutRsts": 6}


def gone_to_wait(count: int) -> list[SocketSnapshot]:
    """Connections opened here that are in TIME-WAIT."""
    return [opened(number, State.TIME_WAIT, timer=SMALL, timer_expires_ms=30_000) for number in range(count)]


def accepted_to_wait(count: int) -> list[SocketSnapshot]:
    """Connections accepted here that are in TIME-WAIT, and their listener."""
    return [listener(), *[accepted(number, State.TIME_WAIT, timer=SMALL) for number in range(count)]]


def to_two(count: int) -> list[SocketSnapshot]:
    """Connections to two destinations in turn."""
    return [opened(number, remote=f"{PEER}:{443 + number % 2}") for number in range(count)]


CASES = [
    fires("attack.port_scan", after=trying(25, ports=True), at="shop (pid 812)"),
    fires("attack.port_scan", "of this host", INFO, moved={"Tcp.OutRsts": 80}),
    quiet("attack.port_scan", "one destination", after=trying(25)),
    fires("attack.syn_flood", "fires", CRITICAL, after=[listener(), *half(9, spread=True)], moved=FLOOD),
    quiet("attack.syn_flood", "completed", after=[listener(), *half(9, spread=True)], moved=FLOOD | {"TcpExt.SyncookiesRecv": 85}),
    fires("attack.blind_rst", moved={"TcpExt.TCPChallengeACK": 6}),
    quiet("attack.blind_rst", "drawn by SYNs", moved=SYNS),
    fires("attack.blind_syn", after=[listener(), accepted()], moved=SYNS),
    quiet("attack.blind_syn", "a server repeats its SYN-ACK", after=[opened(number, bytes_received=0) for number in range(4)], moved=SYNS),
    fires("info.challenge_ack", "fires", INFO, moved={"TcpExt.TCPChallengeACK": 1}),
    quiet("info.challenge_ack", "told as an attack", moved={"TcpExt.TCPChallengeACK": 6}),
    fires("listen.wrong_address", "fires", INFO, after=[listener("127.0.0.1:80")], moved=REFUSED_HERE),
    quiet("listen.wrong_address", "on all addresses", after=[listener()], moved=REFUSED_HERE),
    quiet("listen.wrong_address", "nobody refused", after=[listener("127.0.0.1:80")]),
    fires("listen.address_in_use", "fires", INFO, before=[listener(), accepted()], after=[accepted()], at=("10.0.0.1", 80)),
    quiet("listen.address_in_use", "still listens", **both(listener(), accepted())),
    fires("listen.unexpected", after=[DOOR], snapshot={"owners": {7: (Owner(9, "x", 3, "/tmp/x/door -l"),)}}, at=("0.0.0.0", 4444)),
    fires("listen.unexpected", "of nobody", after=[DOOR], snapshot={"owners": {}}),
    quiet("listen.unexpected", "of the kernel", after=[listener("0.0.0.0:2049", inode=0)], snapshot={"owners": {}}),
    quiet("listen.unexpected", "processes are hidden", after=[DOOR], snapshot={"owners": {}, "unseen": {"owners": "1 process"}}),
    quiet("listen.unexpected", "of a service", after=[listener("0.0.0.0:4444")]),
    fires("listen.closed_with_pending", before=WAITING, moved={"Tcp.OutRsts": 2, "Tcp.EstabResets": 2}, at=("10.0.0.1", 80)),
    quiet("listen.closed_with_pending", "nobody waited", before=[listener(), accepted(1)], moved={"Tcp.OutRsts": 2}),
    fires("ports.exhausted", "fires", CRITICAL, after=[opened(number) for number in range(20)], knobs=TWENTY, at=(PEER, 443)),
    fires("ports.exhausted", "nearly", **both(*[opened(number) for number in range(15)]), knobs=TWENTY),
    quiet("ports.exhausted", "two destinations", **both(*to_two(20)), knobs={"ip_local_port_range": "40000 40039"}),
    quiet("ports.exhausted", "TIME-WAITs that are used again", after=gone_to_wait(20), knobs=TWENTY | {"tcp_tw_reuse": "1"}),
    fires("ports.clash_with_listener", before=[listener("0.0.0.0:40000")], after=[opened(0)]),
    fires("ports.clash_with_listener", "only a risk", INFO, after=[listener("0.0.0.0:40000")]),
    quiet(
        "ports.clash_with_listener", "reserved", after=[listener("0.0.0.0:40000")], knobs={"ip_local_reserved_ports": "39000,40000-40010"}
    ),
    fires(
        "app.fd_limit",
        "fires",
        CRITICAL,
        before=[listener(recv_queue=1)],
        after=[listener(recv_queue=3)],
        snapshot=FULL_PROCESS,
        at=("0.0.0.0", 80),
    ),
    fires("app.fd_limit", "of the host", CRITICAL, gauges={"File.allocated": 95, "File.max": 100}),
    quiet("app.fd_limit", "plenty left", before=[listener(recv_queue=1)], after=[listener(recv_queue=3)]),
    fires(
        "app.thundering_reconnect",
        before=[listener(), *LOST],
        after=BACK,
        moved={"TcpExt.ListenOverflows": 10},
        at=("10.0.0.1", 80),
    ),
    quiet("app.thundering_reconnect", "queues held", before=[listener(), *LOST], after=BACK),
    fires("app.connection_churn", "fires", INFO, after=gone_to_wait(300), knobs={"tcp_tw_reuse": "1"}),
    quiet("app.connection_churn", "slowly", after=gone_to_wait(100)),
    fires(
        "app.pool_keepalive_race",
        before=[listener(), *[accepted(number) for number in range(3)]],
        after=[listener()],
        moved=LATE,
        at=("10.0.0.1", 80),
    ),
    quiet(
        "app.pool_keepalive_race",
        "was in use",
        before=[listener(), *[accepted(number, last_data_recv_ms=10) for number in range(3)]],
        after=[listener()],
        moved=LATE,
    ),
    fires("app.small_packets", "fires", INFO, before=[opened()], after=[opened(data_segs_out=5_000, bytes_sent=51_000)]),
    quiet("app.small_packets", "long ones", before=[opened()], after=[opened(data_segs_out=5_000, bytes_sent=5_001_000)]),
    fires("audit.sysctl", "fires", INFO, knobs={"tcp_syncookies": "0"}, at="net.ipv4.tcp_syncookies"),
    quiet("audit.sysctl", "usual", knobs={"tcp_syncookies": "1", "tcp_retries2": "15"}),
    fires("audit.tw_reuse", "fires", INFO, after=accepted_to_wait(150), knobs={"tcp_tw_reuse": "1"}),
    quiet("audit.tw_reuse", "few", after=accepted_to_wait(50), knobs={"tcp_tw_reuse": "1"}),
]
