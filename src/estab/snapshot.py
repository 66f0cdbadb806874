"""What the inside of a TCP looks like at one instant: one vocabulary for a kernel and for the project's own engine.

A rule that reads these records cannot tell whether a kernel or the lab filled them.  Names are those of `struct tcp_info`
(include/uapi/linux/tcp.h) without their prefix and with their unit; counters carry the names of /proc/net/snmp and /proc/net/netstat.
Nothing here reads anything.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from estab.flow import Endpoint
from estab.machine.states import State
from estab.text import Text


class TimerKind(enum.IntEnum):
    """Which timer of a socket runs; the numbers are `idiag_timer` (net/ipv4/inet_diag.c)."""

    NONE = 0
    RETRANSMIT = 1
    KEEPALIVE = 2
    TIME_WAIT = 3
    PERSIST = 4


class CongestionState(enum.IntEnum):
    """`tcpi_ca_state`: what the sender believes of the network (enum tcp_ca_state)."""

    OPEN = 0
    DISORDER = 1
    CWR = 2
    RECOVERY = 3
    LOSS = 4


class TcpOption(enum.IntFlag):
    """`tcpi_options`: what both ends agreed on."""

    TIMESTAMPS = 1
    SACK = 2
    WINDOW_SCALE = 4
    ECN = 8
    ECN_SEEN = 16
    SYN_DATA = 32
    USEC_TS = 64
    TFO_CHILD = 128


NO_OPTION = TcpOption(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpInfo:
    """TCP_INFO of one connection; a kernel that tells less leaves the default, which is "none so far".

    Windows and thresholds in segments end in `_segments`, as the kernel counts them; `snd_ssthresh_segments` is 2^31-1 while there is none.
    """

    state: State
    ca_state: CongestionState = CongestionState.OPEN
    retransmits: int = 0
    """Timeouts in a row of the segment at the front."""
    probes: int = 0
    backoff: int = 0
    options: TcpOption = NO_OPTION
    snd_wscale: int = 0
    rcv_wscale: int = 0
    delivery_rate_app_limited: bool = False
    fastopen_client_fail: int = 0
    rto_us: int = 0
    ato_us: int = 0
    snd_mss_bytes: int = 0
    rcv_mss_bytes: int = 0
    unacked_segments: int = 0
    sacked_segments: int = 0
    lost_segments: int = 0
    retrans_segments: int = 0
    last_data_sent_ms: int = 0
    last_data_recv_ms: int = 0
    last_ack_recv_ms: int = 0
    pmtu_bytes: int = 0
    rcv_ssthresh_bytes: int = 0
    rtt_us: int = 0
    rttvar_us: int = 0
    snd_ssthresh_segments: int = 0x7FFFFFFF
    snd_cwnd_segments: int = 0
    advmss_bytes: int = 0
    reordering: int = 3
    rcv_rtt_us: int = 0
    rcv_space_bytes: int = 0
    total_retrans: int = 0
    pacing_rate_bytes_per_s: int = 0
    max_pacing_rate_bytes_per_s: int = 0
    bytes_acked: int = 0
    bytes_received: int = 0
    segs_out: int = 0
    segs_in: int = 0
    notsent_bytes: int = 0
    min_rtt_us: int = 0
    data_segs_in: int = 0
    data_segs_out: int = 0
    delivery_rate_bytes_per_s: int = 0
    busy_time_us: int = 0
    rwnd_limited_us: int = 0
    sndbuf_limited_us: int = 0
    delivered: int = 0
    delivered_ce: int = 0
    bytes_sent: int = 0
    bytes_retrans: int = 0
    dsack_dups: int = 0
    reord_seen: int = 0
    rcv_ooopack: int = 0
    snd_wnd_bytes: int = 0
    rcv_wnd_bytes: int = 0
    rehash: int = 0
    total_rto: int = 0
    total_rto_recoveries: int = 0
    total_rto_time_ms: int = 0


@dataclass(frozen=True, slots=True)
class SocketMemory:
    """`skmeminfo` of a socket (net/core/sock.c, sk_get_meminfo), in bytes; `drops` counts packets."""

    rmem_alloc_bytes: int = 0
    rcvbuf_bytes: int = 0
    wmem_alloc_bytes: int = 0
    sndbuf_bytes: int = 0
    fwd_alloc_bytes: int = 0
    wmem_queued_bytes: int = 0
    optmem_bytes: int = 0
    backlog_bytes: int = 0
    drops: int = 0


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that holds a socket; `started_ns` is on the clock of the snapshot, 0 where it is not known."""

    pid: int
    command: str
    descriptor: int = -1
    command_line: str = ""
    container: str = ""
    unit: str = ""
    started_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketSnapshot:
    """One socket as sock_diag tells it (`inet_diag_msg`).

    On a listener `recv_queue` is the length of the accept queue and `send_queue` its limit; elsewhere they are bytes, and in
    CLOSE-WAIT the FIN counts as one.  TIME-WAIT and half-open entries have neither `info` nor owner.
    """

    local: Endpoint
    remote: Endpoint
    state: State
    timer: TimerKind = TimerKind.NONE
    timer_expires_ms: int = 0
    timer_retries: int = 0
    recv_queue: int = 0
    send_queue: int = 0
    uid: int = 0
    inode: int = 0
    cookie: int = 0
    interface: int = 0
    mark: int = 0
    v6only: bool = False
    shutdown: int = 0
    """Which directions the process has shut down: 1 receiving, 2 sending (`INET_DIAG_SHUTDOWN`)."""
    congestion: str = ""
    cgroup: int = 0
    info: TcpInfo | None = None
    memory: SocketMemory | None = None
    owners: tuple[Owner, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process and its open files; `open_files` is -1 where they could not be counted, a limit -1 where there is none."""

    pid: int
    command: str
    open_files: int = -1
    nofile_soft: int = -1
    nofile_hard: int = -1
    started_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A host on a link whose link address was asked for; `state` as `ip neigh` spells it (`FAILED`, `INCOMPLETE`, `REACHABLE`)."""

    address: str
    interface: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A way to other hosts (`ip route`); `kind` as `ip` spells it, `metrics` by its words (`mtu`, `initcwnd`, `rto_min` in ms, …).

    Of a metric that is `locked` the kernel does not learn better values: with `mtu lock` path MTU discovery does nothing.
    """

    destination: str
    """`default`, or a network such as `10.0.0.0/8`."""
    version: int = 4
    kind: str = "unicast"
    interface: str = ""
    gateway: str = ""
    priority: int = 0
    table: int = 254
    metrics: Mapping[str, int] = field(default_factory=dict)
    locked: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = [] if self.kind == "unicast" else [self.kind]
        words.append(self.destination)
        words += [f"via {self.gateway}"] if self.gateway else []
        words += [f"dev {self.interface}"] if self.interface else []
        words += [f"{name} {'lock ' if name in self.locked else ''}{value}" for name, value in self.metrics.items()]
        return " ".join(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueingDiscipline:
    """A queue in front of an interface (`tc -s qdisc`), counted since it was made; `parent` is 0 for one that hangs below no other."""

    interface: str
    kind: str
    handle: int = 0
    parent: int = 0
    bytes_sent: int = 0
    packets_sent: int = 0
    dropped: int = 0
    overlimits: int = 0
    requeues: int = 0
    backlog_bytes: int = 0
    backlog_packets: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface with its counters of packets (`struct rtnl_link_stats64`) since it was made."""

    name: str
    index: int
    mtu_bytes: int = 0
    is_up: bool = True
    has_carrier: bool = True
    counters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HostSnapshot:
    """A host, or one of its network namespaces, at one instant: its counters, settings and sockets.

    `counters` has names such as `Tcp.ActiveOpens` (/proc/net/snmp) and `TcpExt.ListenOverflows` (/proc/net/netstat); `knobs` the
    short names of `estab.knobs` with values as the kernel prints them, and `net.ipv4.conf.IF.rp_filter` of each interface; `sockets`
    is the table of sockets (`snapshot_table.SOCKET`).  What could not be read stands in `unseen`: its name and the reason.

    Further counters, with where they come from: `Ip6.*`, `Icmp6.*` (/proc/net/snmp6); `Sockstat.TCP.*`, `Sockstat6.TCP6.inuse`
    (`inuse` and `tw` of the namespace, `orphan`, `alloc` and `mem` of the HOST, whatever namespace they are read in); `Softnet.*`
    (host, all CPUs added); `Conntrack.count` and `ConntrackStat.*`, `ArpCache.*`, `NdiscCache.*` (all CPUs added); `File.allocated`,
    `File.max` (host).  `HOST_WIDE` names those that count for the whole host.
    """

    taken_ns: int
    counters: Mapping[str, int] = field(default_factory=dict)
    knobs: Mapping[str, str] = field(default_factory=dict)
    sockets: Any = None
    unseen: Mapping[str, Text | str] = field(default_factory=dict)
    owners: Mapping[int, tuple[Owner, ...]] = field(default_factory=dict)
    """Processes that hold a socket, by its inode, where they were looked for."""
    processes: Mapping[int, Process] = field(default_factory=dict)
    """The processes among the owners, by pid."""
    neighbours: tuple[Neighbour, ...] = ()
    routes: tuple[Route, ...] = ()
    qdiscs: tuple[QueueingDiscipline, ...] = ()
    interfaces: Mapping[int, Interface] = field(default_factory=dict)
    """By their index, as `SocketSnapshot.interface` names them."""
    kernel: str = ""
    """Its release, such as `6.1.0-18-amd64`."""
    namespace: int = 0
    """The inode of the network namespace (`readlink /proc/self/ns/net`)."""
    is_initial_namespace: bool = True
    boot_ns: int = 0
    """When the host started, on the clock of `taken_ns`."""


HOST_WIDE = ("Sockstat.TCP.orphan", "Sockstat.TCP.alloc", "Sockstat.TCP.mem", "Softnet.", "File.", "ArpCache.", "NdiscCache.")
"""Beginnings of names of counters that count for the whole host even where they are read in a network namespace."""
