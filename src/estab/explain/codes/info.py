"""Facts worth knowing: the pages of `info.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="info.fast_open",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("TCP Fast Open is used"),
        what=msg("The SYN carried a Fast Open cookie, or asked for one, or carried data."),
        why=msg(
            "Saves one round trip on repeated connects. The server may see the data of a SYN twice: only requests that may "
            "be repeated belong there."
        ),
        capture=(msg("The Fast Open option (kind 34) in SYN and SYN-ACK; the SYN-ACK acknowledges the data or only the SYN."),),
        alike=(Alike("path.tfo_black_hole", msg("The SYN with data is never answered.")),),
        states=("SYN-SENT", "SYN-RECEIVED"),
        knobs=("tcp_fastopen", "TCP_FASTOPEN", "TCP_FASTOPEN_CONNECT"),
        references=("RFC 7413",),
    ),
    CodePage(
        code="info.ecn",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("ECN is negotiated"),
        what=msg("SYN with ECE and CWR, SYN-ACK with ECE: both ends understand congestion marks."),
        why=msg("Routers on this path may mark instead of drop."),
        capture=(msg("The flags of the handshake, and ECT in the IP header of data."),),
        alike=(Alike("congestion.ecn_marks", msg("Marks that really came.")),),
        states=("SYN-SENT", "SYN-RECEIVED"),
        knobs=("tcp_ecn",),
        references=("RFC 3168 §6.1.1",),
    ),
    CodePage(
        code="info.challenge_ack",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("A challenge ACK was sent"),
        what=msg("An endpoint answered an unexpected SYN, RST or ACK by an ACK that asks the sender to prove itself (RFC 5961)."),
        why=msg(
            "Protection at work. One of them belongs to a restarted client or a late packet; many of them belong to an "
            "attack or a broken device."
        ),
        live=(msg("TCPChallengeACK and TCPSYNChallenge grow; limited to one in 500 ms for each socket."),),
        capture=(msg("A bare ACK with the current numbers right after a SYN or RST in an open connection."),),
        alike=(
            Alike("attack.blind_rst", msg("Several guessed sequence numbers.")),
            Alike("attack.blind_syn", msg("SYNs without the RST that a genuine client would send.")),
            Alike("timewait.stale_tuple", msg("SYN, challenge ACK, RST, SYN: a restarted client.")),
        ),
        states=("ESTABLISHED",),
        knobs=("tcp_invalid_ratelimit", "tcp_challenge_ack_limit"),
        references=("RFC 5961", "RFC 9293 §3.10.7.4"),
    ),
    CodePage(
        code="info.offload_super_segments",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("Segments larger than the MTU: offload in the capture"),
        what=msg(
            "The capture was taken on a host whose card cuts or joins segments (TSO, GRO). It shows segments larger than "
            "the MSS, and checksums not yet filled in."
        ),
        why=msg("Not an error of the network. Counts of packets and sizes of segments are those of the host, not of the wire."),
        capture=(msg("Payload larger than the announced MSS; wrong checksums only on sent packets."),),
        alike=(Alike("path.checksum_errors", msg("Received packets with wrong checksums, sent again by the peer.")),),
        do=(Step(Place.NETWORK, msg("Capture at a mirror port, or with ethtool -K tso off gso off gro off, when sizes matter.")),),
        states=("ESTABLISHED",),
        references=("ethtool(8)", "RFC 9293 §3.7.1"),
    ),
)
