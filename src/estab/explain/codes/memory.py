"""Memory of sockets: the pages of `memory.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="memory.tcp_pressure",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.LIVE,
        title=msg("TCP memory of the host is short"),
        what=msg(
            "All TCP sockets together use more than tcp_mem allows: above the second value TCP saves, above the third it "
            "aborts connections."
        ),
        why=msg("Windows shrink, queues are pruned, and connections that have nothing to do with the cause die."),
        live=(
            msg(
                "sockstat mem (pages, whole host) against tcp_mem; TCPMemoryPressures, TCPMemoryPressuresChrono, "
                'TCPAbortOnMemory; kernel log "TCP: out of memory -- consider tuning tcp_mem".'
            ),
        ),
        alike=(Alike("close.orphan_limit", msg("TCPAbortOnMemory grows there too; compare orphan with tcp_max_orphans.")),),
        do=(
            Step(
                Place.APPLICATION,
                msg("Find the queues that grow: large Recv-Q means readers that do not read, large Send-Q means peers that do not."),
            ),
            Step(Place.SOCKET, msg("TCP_USER_TIMEOUT ends connections to peers that do not read.")),
            Step(Place.KERNEL, msg("Lower the caps tcp_rmem[2] and tcp_wmem[2]; raise tcp_mem (pages) last.")),
        ),
        caution=msg("tcp_mem is in pages and for the whole host. In a container look at memory.stat sock as well."),
        states=("ESTABLISHED", "FIN-WAIT-1"),
        knobs=("tcp_mem", "tcp_rmem", "tcp_wmem", "TCP_USER_TIMEOUT"),
        references=("ip-sysctl: tcp_mem", "net/ipv4/tcp.c"),
    ),
    CodePage(
        code="memory.socket_backlog_drop",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("Packets dropped while a socket was busy"),
        what=msg("Packets for a socket whose owner held its lock too long overflowed the socket's backlog."),
        why=msg("Loss inside this host, on a fast connection with one busy reader."),
        live=(msg("TCPBacklogDrop grows; drop reason SOCKET_BACKLOG."),),
        alike=(Alike("path.softnet_drop", msg("Packets are lost before any socket.")),),
        do=(
            Step(Place.APPLICATION, msg("Read in smaller pieces and more often; spread over more connections.")),
            Step(Place.KERNEL, msg("Raise tcp_rmem[2].")),
        ),
        states=("ESTABLISHED",),
        knobs=("tcp_rmem",),
        references=("net/ipv4/tcp_ipv4.c",),
    ),
)
