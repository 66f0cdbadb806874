"""What to do, and what not, about `ports.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, on_host
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

_REUSE = Remedy(
    RemedyScope.KERNEL,
    msg("Let outgoing connections take ports in TIME-WAIT; it needs timestamps at both ends."),
    set={"net.ipv4.tcp_tw_reuse": 1},
    undo={"net.ipv4.tcp_tw_reuse": 2},
    valid=msg("Linux >= 2.6 (2, loopback only, is the default since 4.19, 0 before)"),
)

EXHAUSTED = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Keep connections open and use them again: HTTP keep-alive, a connection pool, or HTTP/2.")),
        Remedy(
            RemedyScope.SOCKET,
            msg("Where the source address is bound, set IP_BIND_ADDRESS_NO_PORT first, so that a port counts for one destination only."),
            valid="Linux >= 4.2",
        ),
        _REUSE,
        Remedy(
            RemedyScope.KERNEL,
            msg("A wider range of source ports."),
            set={"net.ipv4.ip_local_port_range": "1024 65535"},
            undo={"net.ipv4.ip_local_port_range": "32768 60999"},
            valid="Linux >= 2.2",
            caution=msg("Put the ports of your own listeners into net.ipv4.ip_local_reserved_ports first."),
        ),
    ),
    do_not=(
        DoNot(msg("lower tcp_fin_timeout: it bounds FIN-WAIT-2, and TIME-WAIT stays at 60 s")),
        DoNot(msg("lower tcp_max_tw_buckets: sockets beyond it are dropped, and their peers get RST")),
    ),
)

EXHAUSTED_BY_OPEN_ONES = Advice(remedy=tuple(remedy for remedy in EXHAUSTED.remedy if remedy is not _REUSE))
"""Where none of the ports is in TIME-WAIT: what shortens or reuses that state changes nothing."""

CLASH_WITH_LISTENER = Advice(
    remedy=(
        application(msg("Move the service below the range, or close the connection that is in the way.")),
        on_host(
            msg("Add the port to net.ipv4.ip_local_reserved_ports."),
            caution=msg("Reserved ports bind only the automatic choice; SO_REUSEADDR changes nothing here."),
        ),
    ),
)
