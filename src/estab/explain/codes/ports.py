"""Local ports: the pages of `ports.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="ports.exhausted",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.BOTH,
        title=msg("No free local port towards one destination"),
        what=msg(
            "connect() fails with EADDRNOTAVAIL (99): all ports of ip_local_port_range are taken towards this (source "
            "address, destination address, destination port). Other destinations still work."
        ),
        why=msg(
            "No new connection to that service is possible until ports come free. By default there are 28,232 ports, and 60 "
            "s of TIME-WAIT allow 470 new connections a second."
        ),
        live=(
            msg(
                "Count sockets by (source, destination, destination port): close to the size of the range, mostly "
                "TIME-WAIT. No kernel counter moves."
            ),
            msg("With bind(address, 0) before connect(): EADDRINUSE (98), for all destinations."),
        ),
        capture=(msg("No SYN leaves. Before it: many short connections to one destination."),),
        alike=(
            Alike("middlebox.nat_insert_failed", msg("Ports are short at the NAT: this host sends SYNs and gets no answer.")),
            Alike("handshake.filtered", msg("There SYNs leave.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Reuse connections: keep-alive, a pool, HTTP/2.")),
            Step(Place.NETWORK, msg("More destination addresses or ports, or more source addresses.")),
            Step(Place.SOCKET, msg("IP_BIND_ADDRESS_NO_PORT (Linux 4.2 and later) when the program binds its source address.")),
            Step(
                Place.KERNEL,
                msg(
                    "Widen net.ipv4.ip_local_port_range, with ip_local_reserved_ports for your own listeners; tcp_tw_reuse=1 "
                    "when this host closes first and both ends use timestamps."
                ),
            ),
        ),
        caution=msg("SO_REUSEADDR does not help, tcp_fin_timeout does not shorten TIME-WAIT, and a lower tcp_max_tw_buckets resets peers."),
        states=("TIME-WAIT", "SYN-SENT", "CLOSED"),
        knobs=(
            "ip_local_port_range",
            "ip_local_reserved_ports",
            "tcp_tw_reuse",
            "tcp_tw_reuse_delay",
            "IP_BIND_ADDRESS_NO_PORT",
            "tcp_fin_timeout",
            "tcp_max_tw_buckets",
        ),
        references=("RFC 6056", "RFC 6191", "ip-sysctl: ip_local_port_range", "net/ipv4/inet_hashtables.c"),
    ),
    CodePage(
        code="ports.clash_with_listener",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("An outgoing connection holds the port of a service"),
        what=msg(
            "A service cannot start: EADDRINUSE (98), and nobody listens. An outgoing connection got that port as its ephemeral port."
        ),
        why=msg("It happens by chance and at the worst moment, whenever the service's port lies inside ip_local_port_range."),
        live=(msg("An ESTAB or TIME-WAIT of a client uses that local port, and no LISTEN exists."),),
        alike=(Alike("listen.address_in_use", msg("There the old connections belong to the service itself.")),),
        do=(
            Step(Place.APPLICATION, msg("Move the service below the range, or close the connection that is in the way.")),
            Step(Place.KERNEL, msg("Add the port to net.ipv4.ip_local_reserved_ports.")),
        ),
        caution=msg("Reserved ports bind only the automatic choice; SO_REUSEADDR changes nothing here."),
        states=("LISTEN", "ESTABLISHED", "TIME-WAIT"),
        knobs=("ip_local_port_range", "ip_local_reserved_ports"),
        references=("ip-sysctl: ip_local_reserved_ports",),
    ),
)
