"""The path: routes, packet sizes, filters, damage: the pages of `path.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="path.pmtu_black_hole",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.BOTH,
        title=msg("Large packets vanish: path MTU black hole"),
        what=msg(
            "Full-size segments with DF are too large for a link on the path, and the ICMP message that should say so does not come back."
        ),
        why=msg("Handshake and small requests work; the first large response or upload hangs: an ssh login, a TLS certificate, a POST."),
        live=(
            msg(
                "Sender: pmtu 1500, the whole flight unacknowledged, backoff, bytes_acked stops; TCPTimeouts grows, "
                "Icmp.InDestUnreachs stays 0."
            ),
            msg("Router: Ip.FragFails and Icmp.OutDestUnreachs grow."),
        ),
        capture=(msg("Only full-size DF segments repeat, small ones are acknowledged, no ICMP type 3 code 4 arrives."),),
        alike=(
            Alike("half_open.peer_vanished", msg("Nothing is acknowledged, small segments neither.")),
            Alike("path.pmtu_reduced", msg("The healthy case: ICMP arrives and the MTU of the route shrinks.")),
        ),
        do=(
            Step(
                Place.NETWORK,
                msg("Let ICMP type 3 code 4 and ICMPv6 type 2 pass; correct the tunnel's MTU, or clamp the MSS to the path's MTU."),
            ),
            Step(Place.KERNEL, msg("tcp_mtu_probing=1: after tcp_retries1 timeouts the kernel tries tcp_base_mss (1024).")),
        ),
        caution=msg("Do not lower all MTUs, and do not set ip_no_pmtu_disc=1."),
        states=("ESTABLISHED",),
        knobs=("tcp_mtu_probing", "tcp_base_mss", "tcp_retries1", "ip_no_pmtu_disc"),
        references=("RFC 2923", "RFC 4821", "RFC 9293 §3.7.2"),
    ),
    CodePage(
        code="path.pmtu_reduced",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("The path's MTU was discovered smaller"),
        what=msg('A router answered by ICMP "fragmentation needed", and the sender went on with smaller segments.'),
        why=msg("Healthy: it costs one round trip for each host and path."),
        live=(
            msg("Icmp.InDestUnreachs +1; ip route get shows the smaller mtu with an expiry of about 600 s; a new pmtu and mss in ss -i."),
        ),
        capture=(msg("ICMP type 3 code 4 (IPv6: type 2) that quotes a segment, then smaller segments."),),
        alike=(Alike("path.pmtu_black_hole", msg("The ICMP message does not come.")),),
        states=("ESTABLISHED",),
        knobs=("ip_no_pmtu_disc",),
        references=("RFC 1191", "RFC 8201", "RFC 9293 §3.7.2"),
    ),
    CodePage(
        code="path.mss_mismatch",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("The segment size is much smaller than the link allows"),
        what=msg(
            "The announced or used MSS is far below MTU - 40 (IPv4) or MTU - 60 (IPv6): a clamp, a tunnel, or different "
            "MTUs inside one network."
        ),
        why=msg(
            "More packets for the same data. Jumbo frames on one side only act like a black hole inside one network, where "
            "no router can send ICMP."
        ),
        live=(msg("advmss, rcvmss and mss of tcp_info against pmtu."),),
        capture=(msg("The MSS option of SYN and SYN-ACK, and whether it differs before and after a device."),),
        alike=(Alike("path.pmtu_black_hole", msg("Large segments vanish.")),),
        do=(Step(Place.NETWORK, msg("The same MTU everywhere in one network; clamp the MSS only where a tunnel needs it.")),),
        states=("SYN-SENT", "ESTABLISHED"),
        knobs=("TCP_MAXSEG",),
        references=("RFC 9293 §3.7.1", "RFC 6691"),
    ),
    CodePage(
        code="path.no_route",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.LIVE,
        title=msg("The host has no route to the destination"),
        what=msg(
            "connect() fails at once: ENETUNREACH (101) without a route, EHOSTUNREACH (113) by an unreachable route, EACCES "
            "(13) by prohibit, EINVAL (22) by blackhole."
        ),
        why=msg("Nothing leaves the host: every connection to that network fails."),
        live=(msg("Ip.OutNoRoutes grows; ip route get DESTINATION says which route is used."),),
        alike=(
            Alike("handshake.rejected_icmp", msg("There a router on the path says so.")),
            Alike("path.local_firewall_drop", msg("There a route exists and the local firewall drops.")),
        ),
        do=(Step(Place.NETWORK, msg("Restore the route.")),),
        states=("CLOSED",),
        references=("RFC 1122 §3.3.1", "ip-route(8)"),
    ),
    CodePage(
        code="path.neighbour_failure",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.LIVE,
        title=msg("The next host does not answer ARP"),
        what=msg(
            "The next hop, or the destination in the same network, does not resolve: connect() gives EHOSTUNREACH (113) after about 3 s."
        ),
        why=msg("The host is down, in another VLAN, or the neighbour table is full."),
        live=(
            msg(
                'ip neigh shows FAILED or INCOMPLETE; Tcp.AttemptFails grows. Kernel log "neighbor table overflow" when '
                "gc_thresh3 is reached."
            ),
        ),
        alike=(Alike("handshake.filtered", msg("The neighbour resolves and SYNs leave.")),),
        do=(
            Step(Place.NETWORK, msg("Power, VLAN, duplicate addresses.")),
            Step(Place.KERNEL, msg("Raise gc_thresh1, gc_thresh2 and gc_thresh3 together on large flat networks.")),
        ),
        states=("SYN-SENT",),
        knobs=("gc_thresh3",),
        references=("RFC 826", "RFC 4861"),
    ),
    CodePage(
        code="path.local_firewall_drop",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("This host's own firewall drops the packets"),
        what=msg("The segments are dropped on their way out of this host; connect() ends with ETIMEDOUT."),
        why=msg("It looks like a filter in the network, and the search goes to the wrong place."),
        live=(
            msg(
                "TCPRetransFail and TCPSpuriousRtxHostQueues grow: the mark of the local way out; a counter of nft OUTPUT; "
                "drop reason NETFILTER_DROP."
            ),
        ),
        alike=(
            Alike("handshake.filtered", msg("TCPRetransFail stays 0 and the SYN is seen on the card.")),
            Alike("path.local_qdisc_drop", msg("The queue of the card drops: tc -s qdisc.")),
        ),
        do=(Step(Place.NETWORK, msg("Change the rule that nft list ruleset shows counting.")),),
        caution=msg("A policy of cgroup, BPF or LSM answers EPERM or EACCES at once instead."),
        states=("SYN-SENT",),
        references=("net/ipv4/tcp_output.c", "nft(8)"),
    ),
    CodePage(
        code="path.rp_filter_drop",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("The reverse path filter drops incoming packets"),
        what=msg("Packets arrive by an interface through which this host would not answer; rp_filter drops them."),
        why=msg("The capture shows the SYN and a listener exists, yet no answer leaves."),
        live=(msg("IPReversePathFilter +1 for each packet; drop reason IP_RPFILTER; the larger of conf.all and conf.INTERFACE applies."),),
        alike=(Alike("handshake.filtered", msg("There the SYN does not arrive.")),),
        do=(
            Step(Place.NETWORK, msg("Correct routes or policy rules for the way back.")),
            Step(Place.KERNEL, msg("Else rp_filter=2 on that interface, with conf.all not above 2.")),
        ),
        caution=msg("0 removes the protection against spoofed sources."),
        states=("LISTEN", "SYN-SENT"),
        knobs=("rp_filter",),
        references=("RFC 3704", "ip-sysctl: rp_filter"),
    ),
    CodePage(
        code="path.local_qdisc_drop",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("This host's own send queue drops packets"),
        what=msg("A shaper or a short queue on the way out of this host drops segments."),
        why=msg("It costs like loss in the network, and is repaired here."),
        live=(msg("tc -s qdisc shows dropped; TCPRetransFail and Tcp.RetransSegs grow (858 drops made 32 % of bytes sent again)."),),
        alike=(Alike("loss.retransmission", msg("The qdisc dropped nothing: the loss is on the path.")),),
        do=(Step(Place.NETWORK, msg("Correct the shaper's rate or limit; use fq_codel or fq.")),),
        states=("ESTABLISHED",),
        references=("tc(8)", "net/sched/sch_generic.c"),
    ),
    CodePage(
        code="path.softnet_drop",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("A CPU cannot keep up with received packets"),
        what=msg("Packets are dropped before TCP sees them, because one CPU's backlog is full, or its receive budget runs out."),
        why=msg("Loss inside this host that looks like loss in the network."),
        live=(
            msg(
                "/proc/net/softnet_stat: second column dropped, third column time_squeeze; more than 10 a minute is worth a "
                "look. One CPU is hot."
            ),
        ),
        alike=(Alike("loss.retransmission", msg("Both columns are still.")),),
        do=(
            Step(Place.NETWORK, msg("Spread the work: RSS, RPS, interrupts over several CPUs.")),
            Step(Place.KERNEL, msg("Then netdev_budget=600 and netdev_max_backlog=2000 or more.")),
        ),
        states=("ESTABLISHED",),
        knobs=("netdev_max_backlog", "netdev_budget"),
        references=("net/core/dev.c",),
    ),
    CodePage(
        code="path.checksum_errors",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Segments arrive with a wrong checksum"),
        what=msg("The TCP checksum of received segments does not match; they are dropped."),
        why=msg("A card, an offload, a tunnel or a virtual switch damages packets. The sender sees loss."),
        live=(msg("Tcp.InCsumErrors and Tcp.InErrs grow; drop reason TCP_CSUM."),),
        capture=(
            msg("Wrong checksums of received packets, sent again by the peer. On packets this host sends they are an artefact of offload."),
        ),
        alike=(Alike("info.offload_super_segments", msg("Checksums that look wrong only on sent packets: offload.")),),
        do=(Step(Place.NETWORK, msg("Switch offloads off to prove it (ethtool -K rx off tx off), then replace the part or its driver.")),),
        states=("ESTABLISHED",),
        references=("RFC 9293 §3.1", "net/ipv4/tcp_ipv4.c"),
    ),
    CodePage(
        code="path.tfo_black_hole",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("SYNs with data vanish (Fast Open)"),
        what=msg("A device drops SYNs that carry data; the plain SYN one second later is answered."),
        why=msg("Each connect with Fast Open takes 1 s more."),
        live=(msg("TCPFastOpenActiveFail and TCPSynRetrans grow; TCPFastOpenBlackhole when the kernel switches Fast Open off."),),
        capture=(msg("SYN with data unanswered, SYN without data answered."),),
        alike=(Alike("handshake.syn_retransmitted", msg("Plain SYNs are lost as well.")),),
        do=(
            Step(Place.APPLICATION, msg("Do not use Fast Open on that path.")),
            Step(Place.KERNEL, msg("tcp_fastopen_blackhole_timeout_sec above 0 lets the kernel notice by itself.")),
        ),
        states=("SYN-SENT",),
        knobs=("tcp_fastopen", "tcp_fastopen_blackhole_timeout_sec", "TCP_FASTOPEN_CONNECT"),
        references=("RFC 7413 §4.2", "ip-sysctl: tcp_fastopen_blackhole_timeout_sec"),
    ),
    CodePage(
        code="path.ecn_black_hole",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("SYNs with ECN flags vanish"),
        what=msg("A device drops SYNs with ECE and CWR; the second SYN, without them, is answered."),
        why=msg("Each connect takes 1 s more, only with tcp_ecn=1."),
        live=(msg("TCPSynRetrans +1 for each connect; ss -io lacks ecn."),),
        capture=(msg("SYN with ECE and CWR unanswered, plain SYN answered."),),
        alike=(Alike("handshake.syn_retransmitted", msg("Plain SYNs are lost as well.")),),
        do=(
            Step(Place.NETWORK, msg("Repair or replace the device.")),
            Step(Place.KERNEL, msg("tcp_ecn=2, the default: accept ECN, do not ask for it.")),
        ),
        states=("SYN-SENT",),
        knobs=("tcp_ecn", "tcp_ecn_fallback"),
        references=("RFC 3168 §6.1.1", "ip-sysctl: tcp_ecn_fallback"),
    ),
    CodePage(
        code="path.icmp_soft_error",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("ICMP errors on an open connection"),
        what=msg(
            "A router reports the host or network unreachable for an established connection. TCP does not end it for that; "
            "if the connection times out, the error is EHOSTUNREACH (113) instead of 110."
        ),
        why=msg('Read 113 on an old connection as "timed out, and a router said why".'),
        live=(msg("Icmp.InDestUnreachs grows while data is sent again."),),
        capture=(msg("ICMP type 3 that quotes a data segment of the connection."),),
        alike=(Alike("handshake.rejected_icmp", msg("There it answers a SYN and ends the attempt.")),),
        do=(Step(Place.NETWORK, msg("Look at the router that sent it: the path or the host behind it is down.")),),
        states=("ESTABLISHED",),
        knobs=("tcp_retries2",),
        references=("RFC 5461", "RFC 9293 §3.9.2.2"),
    ),
)
