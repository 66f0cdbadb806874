"""Settings of the kernel's connection tracking (`net.netfilter.*`), the memory of its firewall and NAT."""

from __future__ import annotations

from estab.knobs.declare import AT_ONCE, Knob, Myth, Scope, Span, Unit
from estab.text import msg

KNOBS = (
    Knob(
        name="nf_conntrack_max",
        kernel_path="net.netfilter.nf_conntrack_max",
        title=msg("Connections tracked"),
        unit=Unit.COUNT,
        scope=Scope.HOST,
        valid=Span(0, 2_147_483_647),
        linux=msg("by the host's memory"),
        summary=msg(
            "How many connections the firewall or NAT can track. Above it packets of new connections are dropped: "
            '"nf_conntrack: table full, dropping packet".'
        ),
        caution=msg(
            "An entry takes a few hundred bytes that cannot be swapped. Raise nf_conntrack_buckets with it, and find out "
            "which flows fill the table."
        ),
        myths=(
            Myth(
                msg("Raising nf_conntrack_max is enough"),
                msg("Raise the buckets too, and find the flows that leak"),
            ),
        ),
        takes_effect=AT_ONCE,
        source="Documentation/networking/nf_conntrack-sysctl.rst",
    ),
    Knob(
        name="nf_conntrack_buckets",
        kernel_path="net.netfilter.nf_conntrack_buckets",
        title=msg("Hash table of connection tracking"),
        unit=Unit.COUNT,
        scope=Scope.HOST,
        valid=Span(1, 2_147_483_647),
        linux=msg("by the host's memory"),
        summary=msg("Size of the hash table of connection tracking. Too small against nf_conntrack_max, each packet searches longer."),
        takes_effect=AT_ONCE,
        source="Documentation/networking/nf_conntrack-sysctl.rst",
    ),
    Knob(
        name="nf_conntrack_tcp_timeout_established",
        kernel_path="net.netfilter.nf_conntrack_tcp_timeout_established",
        title=msg("Idle established connections in the firewall"),
        unit=Unit.SECONDS,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2_147_483_647),
        linux=432000,
        rfc=msg("at least 2 h 4 min (RFC 5382)"),
        summary=msg(
            "How long an idle established connection stays in the table: 5 days. After that the firewall or NAT does not "
            "know it any more. kube-proxy sets its own value."
        ),
        caution=msg("Shorter than the applications' keepalive it cuts living connections silently."),
        takes_effect=msg("at the next packet of each connection"),
        source="net/netfilter/nf_conntrack_proto_tcp.c; RFC 5382",
    ),
    Knob(
        name="nf_conntrack_tcp_timeout_close_wait",
        kernel_path="net.netfilter.nf_conntrack_tcp_timeout_close_wait",
        title=msg("Half-closed connections in the firewall"),
        unit=Unit.SECONDS,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2_147_483_647),
        linux=60,
        summary=msg(
            "How long a half-closed connection stays in the table after one side's FIN. 60 s cuts long half-closed "
            "transfers; kube-proxy sets 3600 s."
        ),
        takes_effect=msg("at the next packet of each connection"),
        source="net/netfilter/nf_conntrack_proto_tcp.c",
    ),
    Knob(
        name="nf_conntrack_tcp_timeout_time_wait",
        kernel_path="net.netfilter.nf_conntrack_tcp_timeout_time_wait",
        title=msg("Closed connections in the firewall"),
        unit=Unit.SECONDS,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2_147_483_647),
        linux=120,
        summary=msg("How long a closed connection stays in the table. It has nothing to do with the TIME-WAIT of a socket, which is 60 s."),
        takes_effect=msg("at the next packet of each connection"),
        source="net/netfilter/nf_conntrack_proto_tcp.c",
    ),
    Knob(
        name="nf_conntrack_tcp_loose",
        kernel_path="net.netfilter.nf_conntrack_tcp_loose",
        title=msg("Connections picked up in their middle"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=1,
        summary=msg(
            "With 1 a connection seen in its middle is picked up and tracked; with 0 it is invalid, and a rule that drops "
            "invalid packets cuts it. With NAT the old translation cannot be found again in either case."
        ),
        takes_effect=AT_ONCE,
        source="Documentation/networking/nf_conntrack-sysctl.rst",
    ),
)
