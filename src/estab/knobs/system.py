"""Settings around TCP: ports, queues, routes, files of a process."""

from __future__ import annotations

from estab.knobs.declare import AT_ONCE, NEW_CONNECTIONS, NEW_SOCKETS, NEXT_LISTEN, Choice, Knob, Myth, Scope, Span, Unit
from estab.text import msg

KNOBS = (
    Knob(
        name="somaxconn",
        kernel_path="net.core.somaxconn",
        title=msg("Cap on every accept queue"),
        unit=Unit.COUNT,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2_147_483_647),
        linux=4096,
        summary=msg(
            "The cap on the backlog of every listen(). The accept queue holds min(backlog, somaxconn) + 1 connections. 4096 "
            "since Linux 5.4, 128 before."
        ),
        caution=msg("A long queue hides a slow accept loop; it does not make it faster."),
        myths=(
            Myth(
                msg("somaxconn takes effect at once"),
                msg(
                    "It is read at listen(): a running listener keeps its limit until it calls listen() again (measured: 7, "
                    "still 7, then 511)"
                ),
            ),
            Myth(
                msg("Raising somaxconn is enough"),
                msg("Without a larger backlog in listen() nothing changes"),
            ),
        ),
        takes_effect=NEXT_LISTEN,
        source="ip-sysctl; net/ipv4/af_inet.c",
    ),
    Knob(
        name="ip_local_port_range",
        kernel_path="net.ipv4.ip_local_port_range",
        title=msg("Ephemeral ports"),
        unit=Unit.PORT,
        scope=Scope.NAMESPACE,
        valid=Span(1, 65535),
        linux=(32768, 60999),
        rfc=(49152, 65535),
        summary=msg(
            "The ports connect() chooses from: 28,232 by default, less the reserved ones, for each (source address, "
            "destination address, destination port)."
        ),
        caution=msg(
            "Widen it only with ip_local_reserved_ports for your own listeners, or a connect() may take a port that a service needs."
        ),
        myths=(
            Myth(
                msg("A machine can have only 65,535 connections"),
                msg(
                    "Ports bound the connections for each (source address, destination address, destination port); files "
                    "and memory bound the rest"
                ),
            ),
        ),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 6335",
    ),
    Knob(
        name="ip_local_reserved_ports",
        kernel_path="net.ipv4.ip_local_reserved_ports",
        title=msg("Ports never chosen by themselves"),
        unit=Unit.PORT,
        scope=Scope.NAMESPACE,
        valid=Span(1, 65535),
        linux=msg("none"),
        since="2.6.35",
        summary=msg("Ports that connect() and bind(0) never choose by themselves. An explicit bind() may still take them."),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl",
    ),
    Knob(
        name="ip_unprivileged_port_start",
        kernel_path="net.ipv4.ip_unprivileged_port_start",
        title=msg("First port without privilege"),
        unit=Unit.PORT,
        scope=Scope.NAMESPACE,
        valid=Span(0, 65535),
        linux=1024,
        since="4.11",
        summary=msg("The first port that needs no privilege; below it bind() asks for CAP_NET_BIND_SERVICE."),
        takes_effect=AT_ONCE,
        source="ip-sysctl",
    ),
    Knob(
        name="bindv6only",
        kernel_path="net.ipv6.bindv6only",
        title=msg("Whether [::] takes IPv4 too"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=0,
        summary=msg("The default of IPV6_V6ONLY: with 0 a listener on [::] also takes IPv4 connections, with 1 it does not."),
        takes_effect=NEW_SOCKETS,
        source="ip-sysctl; RFC 3493",
    ),
    Knob(
        name="rp_filter",
        kernel_path="net.ipv4.conf.all.rp_filter",
        title=msg("Reverse path filter"),
        unit=Unit.CHOICE,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2),
        choices=(
            Choice(0, msg("no check")),
            Choice(1, msg("strict: the way back must use the same interface")),
            Choice(2, msg("loose: the source must be reachable somehow")),
        ),
        linux=0,
        rfc=msg("strict (RFC 3704)"),
        summary=msg(
            "Drops packets whose source address would not be routed back through the interface they came in by. The larger "
            "of conf.all and conf.INTERFACE applies. Counter: IPReversePathFilter."
        ),
        caution=msg(
            "0 removes the protection against spoofed sources. With several uplinks use 2 on that interface, and correct the routes."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; RFC 3704",
    ),
    Knob(
        name="ip_no_pmtu_disc",
        kernel_path="net.ipv4.ip_no_pmtu_disc",
        title=msg("Path MTU discovery off"),
        unit=Unit.CHOICE,
        scope=Scope.NAMESPACE,
        valid=Span(0, 3),
        linux=0,
        summary=msg(
            '0 lets TCP discover the path\'s MTU: packets carry DF and routers answer "too big". 1 switches that off, and '
            "packets may be fragmented."
        ),
        caution=msg("1 is not the repair of a black hole: allow ICMP type 3 code 4 and clamp the MSS instead."),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 1191",
    ),
    Knob(
        name="gc_thresh3",
        kernel_path="net.ipv4.neigh.default.gc_thresh3",
        title=msg("Limit of the neighbour table"),
        unit=Unit.COUNT,
        scope=Scope.HOST,
        valid=Span(0, 2_147_483_647),
        linux=1024,
        summary=msg(
            'The hard limit of the neighbour (ARP) table. Above it new neighbours fail: "neighbor table overflow" in the kernel log.'
        ),
        caution=msg("Raise gc_thresh1, gc_thresh2 and gc_thresh3 together."),
        takes_effect=AT_ONCE,
        source="ip-sysctl",
    ),
    Knob(
        name="rmem_max",
        kernel_path="net.core.rmem_max",
        title=msg("Largest SO_RCVBUF"),
        unit=Unit.BYTES,
        scope=Scope.HOST,
        valid=Span(2304, 2_147_483_647),
        linux=212992,
        summary=msg(
            "The largest SO_RCVBUF that a process may ask for; the kernel then doubles it. It does not limit autotuning, "
            "which follows tcp_rmem."
        ),
        takes_effect=msg("the next setsockopt()"),
        source="net/core/sock.c; Documentation/admin-guide/sysctl/net.rst",
    ),
    Knob(
        name="wmem_max",
        kernel_path="net.core.wmem_max",
        title=msg("Largest SO_SNDBUF"),
        unit=Unit.BYTES,
        scope=Scope.HOST,
        valid=Span(4608, 2_147_483_647),
        linux=212992,
        summary=msg("The largest SO_SNDBUF that a process may ask for; the kernel then doubles it. Autotuning follows tcp_wmem."),
        takes_effect=msg("the next setsockopt()"),
        source="net/core/sock.c; Documentation/admin-guide/sysctl/net.rst",
    ),
    Knob(
        name="netdev_max_backlog",
        kernel_path="net.core.netdev_max_backlog",
        title=msg("Received packets waiting for a CPU"),
        unit=Unit.PACKETS,
        scope=Scope.HOST,
        valid=Span(0, 2_147_483_647),
        linux=1000,
        summary=msg(
            "Packets that may wait for one CPU before TCP sees them. Above it they are dropped: second column of /proc/net/softnet_stat."
        ),
        caution=msg("First spread the interrupts (RSS, RPS). A longer queue only adds latency to a CPU that cannot keep up."),
        takes_effect=AT_ONCE,
        source="Documentation/admin-guide/sysctl/net.rst; net/core/dev.c",
    ),
    Knob(
        name="netdev_budget",
        kernel_path="net.core.netdev_budget",
        title=msg("Packets in one round of receiving"),
        unit=Unit.PACKETS,
        scope=Scope.HOST,
        valid=Span(0, 2_147_483_647),
        linux=300,
        summary=msg(
            "Packets that one round of receiving may handle. When it ends early, the third column of /proc/net/softnet_stat "
            "(time_squeeze) grows."
        ),
        takes_effect=AT_ONCE,
        source="Documentation/admin-guide/sysctl/net.rst",
    ),
    Knob(
        name="nofile",
        kernel_path="RLIMIT_NOFILE",
        title=msg("Open files of a process"),
        unit=Unit.COUNT,
        scope=Scope.PROCESS,
        valid=Span(0, 1_073_741_816),
        linux=1024,
        summary=msg(
            "How many files and sockets a process may have open (soft limit). At the limit accept() and socket() fail with "
            "EMFILE and new clients wait in the accept queue."
        ),
        caution=msg("Raising it only delays a leak. See close.close_wait_leak."),
        myths=(
            Myth(
                msg("Raise ulimit -n against EMFILE"),
                msg("It delays the leak; find what is not closed"),
            ),
        ),
        takes_effect=msg("for processes started afterwards; a running one needs prlimit"),
        source="getrlimit(2)",
    ),
    Knob(
        name="file-max",
        kernel_path="fs.file-max",
        title=msg("Open files of the host"),
        unit=Unit.COUNT,
        scope=Scope.HOST,
        valid=Span(0, 9_223_372_036_854_775_807),
        linux=msg("by the host's memory"),
        summary=msg(
            "How many files and sockets the whole host may have open. At the limit calls fail with ENFILE. Compare with "
            "/proc/sys/fs/file-nr."
        ),
        takes_effect=AT_ONCE,
        source="Documentation/admin-guide/sysctl/fs.rst",
    ),
)
