"""What to do, and what not, about `path.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, on_host
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
    remedy=(
        Remedy(
            RemedyScope.HOST,
            msg('Let ICMP "fragmentation needed" (type 3 code 4) and ICMPv6 "packet too big" (type 2) pass every firewall on the way.'),
        ),
        Remedy(
            RemedyScope.HOST,
            msg("Where a tunnel begins, clamp the MSS to its MTU: nft add rule … tcp flags syn tcp option maxseg size set rt mtu."),
        ),
        Remedy(
            RemedyScope.KERNEL,
            msg("At the sender let TCP find a size that passes after a few timeouts."),
            set={"net.ipv4.tcp_mtu_probing": 1},
            undo={"net.ipv4.tcp_mtu_probing": 0},
            valid="Linux >= 2.6.17",
            caution=msg("It heals after seconds of waiting and does not repair the path."),
        ),
    ),
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

CHECKSUM_ERRORS = Advice(
    remedy=(on_host(msg("Switch offloads off to prove it (ethtool -K rx off tx off), then replace the part or its driver.")),),
)

LOCAL_FIREWALL_DROP = Advice(
    remedy=(on_host(msg("Change the rule that nft list ruleset shows counting.")),),
)

LOCAL_QDISC_DROP = Advice(
    remedy=(on_host(msg("Correct the shaper's rate or limit; use fq_codel or fq.")),),
)

NEIGHBOUR_FAILURE = Advice(
    remedy=(
        on_host(msg("Power, VLAN, duplicate addresses.")),
        on_host(msg("Raise gc_thresh1, gc_thresh2 and gc_thresh3 together on large flat networks.")),
    ),
)

NO_ROUTE = Advice(
    remedy=(on_host(msg("Restore the route.")),),
)


def refusing_route(route: str) -> Advice:
    """Where a route sends nothing on by its kind."""
    return Advice(
        remedy=(on_host(msg("Where it is not meant, delete it: ip route del {route}; the same with add puts it back.", route=route)),)
    )


RP_FILTER_DROP = Advice(
    remedy=(
        on_host(msg("Correct routes or policy rules for the way back.")),
        on_host(
            msg("Else rp_filter=2 on that interface, with conf.all not above 2."),
            caution=msg("0 removes the protection against spoofed sources."),
        ),
    ),
    do_not=(DoNot(msg("set rp_filter=0: it removes the protection against spoofed sources")),),
)

SOFTNET_DROP = Advice(
    remedy=(
        on_host(msg("Spread the work: RSS, RPS, interrupts over several CPUs.")),
        on_host(msg("Then netdev_budget=600 and netdev_max_backlog=2000 or more.")),
    ),
)
