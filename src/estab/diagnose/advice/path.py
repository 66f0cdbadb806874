"""What to do, and what not, about `path.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

ECN_BLACK_HOLE = Advice(
    remedy=(
        Remedy(
            RemedyScope.KERNEL,
            msg("Until the middlebox is corrected, use ECN only where the other side asks for it."),
            set={"net.ipv4.tcp_ecn": 2},
            undo={"net.ipv4.tcp_ecn": 1},
            valid="Linux >= 2.6.31",
        ),
    ),
    do_not=(DoNot(msg("turn tcp_ecn_fallback off: connections would then fail instead of opening late")),),
)

ICMP_SOFT_ERROR = Advice(
    remedy=(
        Remedy(RemedyScope.HOST, msg("Look at the router that sent the message: its routes, its ARP or neighbour table, its filter.")),
    ),
)

PMTU_BLACK_HOLE = Advice(
    do_not=(
        DoNot(msg("set ip_no_pmtu_disc=1: it breaks path MTU discovery for every connection")),
        DoNot(msg("lower the MTU of all hosts: one clamp at the tunnel is enough")),
    ),
)

PMTU_REDUCED = Advice(
    remedy=(Remedy(RemedyScope.HOST, msg("To save the round trip, clamp the MSS where the narrow link begins.")),),
    do_not=(DoNot(msg("block ICMP: without these messages long packets vanish")),),
)

TFO_BLACK_HOLE = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Turn Fast Open off for this destination (no TCP_FASTOPEN_CONNECT, no MSG_FASTOPEN).")),
        Remedy(
            RemedyScope.KERNEL,
            msg("Let the kernel notice such paths and stop using Fast Open for a while."),
            set={"net.ipv4.tcp_fastopen_blackhole_timeout_sec": 3600},
            undo={"net.ipv4.tcp_fastopen_blackhole_timeout_sec": 0},
            valid="Linux >= 4.14",
        ),
    ),
)
