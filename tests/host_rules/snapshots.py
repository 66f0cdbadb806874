"""Hosts made up for rules: sockets in one line, counters by how far they moved, and what a case expects."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from estab.diagnose.finding import Finding, Severity
from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_run import diagnose_host
from estab.flow import Endpoint
from estab.machine.states import State
from estab.snapshot import HostSnapshot, Owner, Process, SocketMemory, SocketSnapshot, TcpInfo, TcpOption, TimerKind
from estab.snapshot_table import socket_table

SECOND_NS = 1_000_000_000
HOST, PEER = "10.0.0.1", "10.0.0.9"
ALL_OPTIONS = TcpOption.TIMESTAMPS | TcpOption.SACK | TcpOption.WINDOW_SCALE
SHOP = Owner(812, "shop", 3, "/usr/bin/shop", started_ns=1)

_SOCKET_FIELDS = frozenset(SocketSnapshot.__dataclass_fields__)
_MEMORY_FIELDS = frozenset(SocketMemory.__dataclass_fields__)
INFO_DEFAULTS: dict[str, Any] = {
    "options": ALL_OPTIONS, "bytes_acked": 1000, "bytes_received": 1000, "bytes_sent": 1000, "snd_mss_bytes": 1448, "pmtu_bytes": 1500,
    "advmss_bytes": 1448, "rtt_us": 400, "min_rtt_us": 300, "snd_wnd_bytes": 65_536, "rcv_wnd_bytes": 65_536, "snd_cwnd_segments": 10,
    "rto_us": 204_000, "last_ack_recv_ms": 8_000, "last_data_recv_ms": 8_000, "last_data_sent_ms": 8_000,
}  # fmt: skip


def end(text: str) -> Endpoint:
    """`10.0.0.1:80`, `[::1]:80`."""
    address, _, port = text.rpartition(":")
    return Endpoint(address.strip("[]"), int(port))


def sock(state: State = State.ESTABLISHED, local: str = f"{HOST}:80", remote: str = f"{PEER}:40000", **fields: Any) -> SocketSnapshot:
    """A socket; fields of TCP_INFO, of its memory and its own all by name.  Its cookie follows from its ends unless it is given."""
    own = {name: value for name, value in fields.items() if name in _SOCKET_FIELDS}
    memory = {name: value for name, value in fields.items() if name in _MEMORY_FIELDS}
    info = {name: value for name, value in fields.items() if name not in own and name not in memory}
    own.setdefault("cookie", zlib.crc32(f"{local} {remote}".encode()) + 1)
    small = state in {State.TIME_WAIT, State.SYN_RECEIVED} or own.get("timer") is TimerKind.TIME_WAIT
    if not small:
        own.setdefault("inode", own["cookie"] % 100_000 + 1)
        if state is not State.LISTEN:
            own["info"] = TcpInfo(state=state, **(INFO_DEFAULTS | info))
        own["memory"] = SocketMemory(**({"rcvbuf_bytes": 131_072, "sndbuf_bytes": 87_040} | memory))
    return SocketSnapshot(local=end(local), remote=end(remote), state=state, **own)


def listener(local: str = "0.0.0.0:80", **fields: Any) -> SocketSnapshot:
    """A listener with an empty queue of 128."""
    return sock(State.LISTEN, local, "[::]:0" if "[" in local else "0.0.0.0:0", **({"recv_queue": 0, "send_queue": 128} | fields))


def opened(number: int = 0, state: State = State.ESTABLISHED, remote: str = f"{PEER}:443", **fields: Any) -> SocketSnapshot:
    """A connection that was opened here."""
    return sock(state, f"{HOST}:{40_000 + number}", remote, **fields)


def accepted(number: int = 0, state: State = State.ESTABLISHED, **fields: Any) -> SocketSnapshot:
    """A connection that the listener on port 80 accepted."""
    return sock(state, f"{HOST}:80", f"{PEER}:{50_000 + number}", **fields)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Two snapshots five seconds apart, and what is expected of one code; `severity` None is: no finding."""

    code: str
    name: str
    severity: Severity | None
    before: Sequence[SocketSnapshot] = ()
    after: Sequence[SocketSnapshot] = ()
    moved: Mapping[str, int] = field(default_factory=dict)
    gauges: Mapping[str, int] = field(default_factory=dict)
    knobs: Mapping[str, str] = field(default_factory=dict)
    snapshot: Mapping[str, Any] = field(default_factory=dict)
    """Other fields of the later snapshot."""
    earlier: Mapping[str, Any] = field(default_factory=dict)
    at: object = None

    def __str__(self) -> str:
        return f"{self.code}-{self.name}"


def fires(code: str, name: str = "fires", severity: Severity = Severity.WARNING, **more: Any) -> Case:
    """A case in which the code is found with this severity."""
    return Case(code=code, name=name, severity=severity, **more)


def quiet(code: str, name: str = "quiet", **more: Any) -> Case:
    """A near miss."""
    return Case(code=code, name=name, severity=None, **more)


def both(*sockets: SocketSnapshot) -> dict[str, Any]:
    """The same sockets before and after."""
    return {"before": sockets, "after": sockets}


def facts_of(case: Case) -> HostFacts:
    """The facts of a case; every socket with an inode belongs to the shop."""
    names = set(case.moved) | {"Tcp.ActiveOpens", "Tcp.OutRsts", "Tcp.EstabResets", "TcpExt.ListenOverflows"}

    def snapshot(at_s: int, sockets: Sequence[SocketSnapshot], counted: Mapping[str, int], more: Mapping[str, Any]) -> HostSnapshot:
        owners = {socket.inode: (SHOP,) for socket in sockets if socket.inode}
        values: dict[str, Any] = {
            "taken_ns": at_s * SECOND_NS,
            "counters": dict.fromkeys(names, 100) | {name: 100 + by for name, by in counted.items()} | dict(case.gauges),
            "knobs": {"ip_local_port_range": "32768 60999", "tcp_tw_reuse": "2"} | dict(case.knobs),
            "sockets": socket_table(sockets),
            "owners": owners,
            "processes": {SHOP.pid: Process(pid=SHOP.pid, command="shop", open_files=10, nofile_soft=1024)},
        }
        return HostSnapshot(**(values | dict(more)))

    return HostFacts(snapshot(1_000, case.before, {}, case.earlier), snapshot(1_005, case.after, case.moved, case.snapshot))


def found(case: Case) -> list[Finding]:
    """The findings of the case's code, of all rules together."""
    diagnosis = diagnose_host(facts_of(case))
    broken = [f"{entry.code}: {entry.why}" for entry in diagnosis.not_run if "failed" in str(entry.why)]
    assert broken == []
    return [finding for finding in diagnosis.findings if finding.code == case.code]


def check(case: Case) -> None:
    """Asserts what the case expects."""
    findings = found(case)
    if case.severity is None:
        assert findings == [], [str(finding.summary) for finding in findings]
        return
    assert findings, f"no {case.code}"
    finding = findings[0]
    assert finding.severity is case.severity, str(finding.summary)
    if isinstance(case.at, tuple):
        assert (finding.subject.address, finding.subject.port) == case.at
    elif case.at is not None:
        assert case.at in {finding.subject.address, finding.subject.name}
