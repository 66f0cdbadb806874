"""Firewalls, NAT and balancers on the path: the pages of `middlebox.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="middlebox.idle_timeout",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.BOTH,
        title=msg("A middlebox forgot the idle connection"),
        what=msg(
            "A firewall, NAT or balancer dropped its entry for an idle connection. Both ends are ESTABLISHED; the first "
            "write after the pause is dropped silently."
        ),
        why=msg(
            "The first request after a pause hangs for minutes; after a reconnect all works. Typical limits: AWS NLB 350 s, "
            "Azure 4 min, GCP 10 min, Oracle NLB 360 s, Linux conntrack 5 days."
        ),
        live=(
            msg(
                "Sender: retransmissions and backoff; receiver: ESTAB and idle. On a Linux firewall: no entry in conntrack "
                "-L, invalid grows in conntrack -S."
            ),
        ),
        capture=(msg("A long pause, then data sent again without an answer. Behind the device: nothing arrives."),),
        alike=(
            Alike("half_open.peer_vanished", msg("There it begins in the middle of traffic, not after a pause.")),
            Alike("rst.from_middlebox", msg("A device that sends RST when it forgets.")),
        ),
        do=(
            Step(
                Place.APPLICATION,
                msg("Let pools drop idle connections earlier than the device; send heartbeats at less than half of its timeout."),
            ),
            Step(Place.NETWORK, msg("Raise the timeout, or let your own gear answer by RST instead of silence.")),
            Step(Place.SOCKET, msg("SO_KEEPALIVE with TCP_KEEPIDLE=60 fits most devices.")),
        ),
        caution=msg("The default keepalive of 7200 s is useless behind any of these except conntrack's 5 days."),
        states=("ESTABLISHED",),
        knobs=("SO_KEEPALIVE", "TCP_KEEPIDLE", "nf_conntrack_tcp_timeout_established", "nf_conntrack_tcp_loose"),
        references=("RFC 5382", "net/netfilter/nf_conntrack_proto_tcp.c"),
    ),
    CodePage(
        code="middlebox.conntrack_full",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.LIVE,
        title=msg("The connection tracking table is full"),
        what=msg("A firewall or NAT of this host cannot track another connection and drops packets of new ones."),
        why=msg("Random connect timeouts, for every service that passes this host."),
        live=(
            msg(
                "nf_conntrack_count close to nf_conntrack_max (warn at 85 to 90 %); drop and early_drop grow in conntrack "
                '-S; kernel log "nf_conntrack: table full, dropping packet".'
            ),
        ),
        alike=(
            Alike("middlebox.nat_insert_failed", msg("insert_failed grows: clashing ports, not a full table.")),
            Alike("handshake.filtered", msg("A policy drops, always the same ones.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Fewer flows: keep-alive and pools.")),
            Step(Place.NETWORK, msg("Do not track busy local flows (NOTRACK).")),
            Step(
                Place.KERNEL,
                msg(
                    "Shorter nf_conntrack_tcp_timeout_established, close_wait and time_wait; then nf_conntrack_max together "
                    "with nf_conntrack_buckets, from the first network namespace."
                ),
            ),
        ),
        caution=msg("Each entry takes a few hundred bytes that cannot be swapped."),
        states=("SYN-SENT",),
        knobs=(
            "nf_conntrack_max",
            "nf_conntrack_buckets",
            "nf_conntrack_tcp_timeout_established",
            "nf_conntrack_tcp_timeout_close_wait",
            "nf_conntrack_tcp_timeout_time_wait",
        ),
        references=("Documentation/networking/nf_conntrack-sysctl.rst",),
    ),
    CodePage(
        code="middlebox.nat_insert_failed",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("NAT lost a race for a source port"),
        what=msg(
            "Two connections through the same NAT chose one source port at the same moment, or all ports towards one "
            "destination are taken; the kernel drops the packet (insert_failed)."
        ),
        why=msg("Now and then a connect from a container takes 1 s or 3 s more."),
        live=(msg("conntrack -S: insert_failed, clash_resolve, drop."),),
        alike=(
            Alike("middlebox.conntrack_full", msg("There the count is at the maximum.")),
            Alike("ports.exhausted", msg("The client itself has no port: connect() fails at once.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Reuse connections.")),
            Step(Place.NETWORK, msg("Random ports for SNAT (--random-fully), more SNAT addresses.")),
        ),
        states=("SYN-SENT",),
        knobs=("nf_conntrack_max",),
        references=("Documentation/networking/nf_conntrack-sysctl.rst", "RFC 5382"),
    ),
    CodePage(
        code="middlebox.options_stripped",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Options of the handshake are lost on the way"),
        what=msg("The SYN or SYN-ACK arrived without window scale, SACK or timestamps, although both ends offer them."),
        why=msg("Without window scale a window ends at 65,535 bytes: 1.55 MB/s at 40 ms, whatever the bandwidth."),
        live=(
            msg("ss -io shows no wscale and no sack; snd_wnd at most 65535, rwnd_limited high. Use -o: without it ss hides some options."),
        ),
        capture=(msg("The SYN as sent and as received differ, or the SYN-ACK lacks what the server offers to others."),),
        alike=(
            Alike("handshake.syncookie_side_effects", msg("Only during overload, and only without timestamps.")),
            Alike("", msg("tcp_window_scaling=0 or tcp_sack=0 on one of the hosts.")),
        ),
        do=(
            Step(Place.NETWORK, msg("Find the device by captures on both sides; switch its TCP normalisation off.")),
            Step(Place.KERNEL, msg("tcp_window_scaling=1, tcp_sack=1, tcp_timestamps=1 on both ends.")),
        ),
        states=("SYN-SENT", "SYN-RECEIVED"),
        knobs=("tcp_window_scaling", "tcp_sack", "tcp_timestamps"),
        references=("RFC 7323 §2", "RFC 2018"),
    ),
)
