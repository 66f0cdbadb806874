"""Hostile traffic: the pages of `attack.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="attack.syn_flood",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.BOTH,
        title=msg("SYN flood"),
        what=msg("Many SYNs from many sources, none of which completes its handshake."),
        why=msg(
            "Half-open entries fill the SYN queue. With cookies new clients still get in, with fewer options; without cookies they do not."
        ),
        live=(
            msg(
                "Many SYN-RECV from many sources. Cookies on: SyncookiesSent grows far faster than SyncookiesRecv. Off: "
                "TCPReqQFullDrop equals ListenDrops, ListenOverflows is 0."
            ),
            msg("SyncookiesFailed counts forged or late ACKs."),
        ),
        capture=(msg("SYNs of many sources, SYN-ACKs sent again, no third segment."),),
        alike=(
            Alike(
                "handshake.syn_queue_full",
                msg("An honest burst completes: SyncookiesRecv about equals SyncookiesSent. Then only the backlog is too small."),
            ),
            Alike("handshake.return_path_blocked", msg("Few known clients, whose SYN-ACKs are lost.")),
        ),
        do=(
            Step(Place.NETWORK, msg("Filter upstream, or answer in front of the server (SYNPROXY).")),
            Step(Place.SOCKET, msg("Raise the backlog of listen().")),
            Step(Place.KERNEL, msg("Keep tcp_syncookies=1; tcp_synack_retries=2 frees entries after 7 s.")),
        ),
        caution=msg("Never switch cookies off during a flood."),
        states=("SYN-RECEIVED",),
        knobs=("tcp_syncookies", "tcp_synack_retries", "backlog", "somaxconn"),
        references=("RFC 4987", "ip-sysctl: tcp_syncookies"),
    ),
    CodePage(
        code="attack.port_scan",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Port scan"),
        what=msg("One source tries many ports or many hosts, and few answer."),
        why=msg("Inbound, somebody explores. Outbound, a process of this host does: a monitor, a wrong configuration or malware."),
        live=(
            msg(
                "Outbound: many SYN-SENT to distinct destinations (60 in the measurement) and a high ratio of "
                "Tcp.AttemptFails to Tcp.ActiveOpens."
            ),
        ),
        capture=(msg("One source, many destination ports or addresses in a short time; mostly RST, ICMP or silence."),),
        alike=(
            Alike("handshake.syn_sent_pile", msg("Many attempts to one destination: a dead dependency.")),
            Alike("handshake.refused", msg("One port that is closed, tried by clients that need it.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Outbound: find the owner process and stop it if nobody knows it.")),
            Step(Place.NETWORK, msg("Inbound: filter what should not be reachable.")),
        ),
        states=("SYN-SENT", "CLOSED"),
        references=("RFC 9293 §3.10.7.1",),
    ),
    CodePage(
        code="attack.blind_rst",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Resets that guess the sequence number"),
        what=msg(
            "RST segments arrive whose sequence number is inside the window but not exact. RFC 5961 answers them by a "
            "challenge ACK, and the connection survives."
        ),
        why=msg(
            "Somebody who cannot see the traffic tries to cut it; or a confused middlebox does. Only the exact sequence "
            "number ends a connection."
        ),
        live=(msg("TCPChallengeACK grows; TCPACKSkippedChallenge where the limit of 500 ms for each socket holds answers back."),),
        capture=(msg("RSTs in the window with several sequence numbers, each answered by a bare ACK."),),
        alike=(Alike("rst.injected", msg("There the number is exact and the connection dies.")),),
        do=(Step(Place.NETWORK, msg("Filter forged sources at the border; for BGP use TCP-AO and a minimum TTL.")),),
        states=("ESTABLISHED",),
        knobs=("tcp_challenge_ack_limit", "tcp_invalid_ratelimit"),
        references=("RFC 5961 §3", "RFC 9293 §3.10.7.4"),
    ),
    CodePage(
        code="attack.blind_syn",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("SYNs into an open connection"),
        what=msg("A SYN arrives for a connection that is already open. RFC 5961 answers by a challenge ACK instead of a reset."),
        why=msg(
            "Either an attack, or a client that crashed and came back with the same port: a real one then answers the "
            "challenge by RST and connects again."
        ),
        live=(msg("TCPChallengeACK, TCPSYNChallenge and Tcp.InErrs grow by one for each SYN."),),
        capture=(msg("SYN on an open connection, answered by a bare ACK with the old numbers."),),
        alike=(Alike("timewait.stale_tuple", msg("The sender answers the ACK by RST and its next SYN succeeds: a restarted client.")),),
        do=(Step(Place.NETWORK, msg("Filter forged sources at the border.")),),
        states=("ESTABLISHED",),
        knobs=("tcp_challenge_ack_limit", "tcp_invalid_ratelimit"),
        references=("RFC 5961 §4", "RFC 9293 §3.10.7.4"),
    ),
)
