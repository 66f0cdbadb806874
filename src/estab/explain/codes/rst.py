"""Connections that end by RST: the pages of `rst.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="rst.unread_data",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("close() with unread data sends RST"),
        what=msg("The application closed while bytes it had not read were in the receive queue. The kernel then sends RST instead of FIN."),
        why=msg(
            "The client gets ECONNRESET and often loses the response that was already on its way: typical for an upload "
            "refused with 413 or 400."
        ),
        live=(msg("Server: TCPAbortOnClose +1, Tcp.OutRsts grows."),),
        capture=(msg("Response, then RST,ACK where a FIN belongs."),),
        alike=(
            Alike("rst.abort", msg("SO_LINGER {1, 0}: TCPAbortOnData grows, and all data had been read.")),
            Alike("rst.data_after_close", msg("There the FIN came first, and later data drew the RST.")),
        ),
        do=(Step(Place.APPLICATION, msg("Close lingeringly: shutdown(SHUT_WR), read and discard up to a limit, then close().")),),
        states=("ESTABLISHED", "CLOSE-WAIT"),
        references=("RFC 2525 §2.17", "RFC 9293 §3.6.1", "net/ipv4/tcp.c"),
    ),
    CodePage(
        code="rst.abort",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The application aborts its connections"),
        what=msg("SO_LINGER {1, 0} makes close() send RST: no FIN, no TIME-WAIT, data in flight is thrown away."),
        why=msg("The peer reads ECONNRESET and cannot tell an end from a fault. Data may be lost."),
        live=(msg("Closing side: TCPAbortOnData +1 (the name misleads), Tcp.EstabResets and Tcp.OutRsts; no TIME-WAIT."),),
        capture=(msg("RST,ACK in the exact sequence, after data that was all acknowledged, without FIN."),),
        alike=(
            Alike("rst.unread_data", msg("TCPAbortOnClose grows: data was unread.")),
            Alike("rst.from_middlebox", msg("The TTL of the RST differs, and the peer's host sent none.")),
        ),
        do=(Step(Place.APPLICATION, msg("Remove SO_LINGER {1, 0}; close normally.")),),
        caution=msg("It is no cure for TIME-WAIT."),
        states=("ESTABLISHED", "CLOSED"),
        knobs=("SO_LINGER",),
        references=("RFC 9293 §3.9.1.6", "RFC 9293 §3.10.5", "net/ipv4/tcp.c"),
    ),
    CodePage(
        code="rst.data_after_close",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Data after the close is answered by RST"),
        what=msg(
            "One side closed both directions; the other went on sending. The first write succeeds, the RST comes, the "
            "second write fails with EPIPE (32)."
        ),
        why=msg("The data of the first write is lost without an error: the sender did not notice the end of the stream."),
        live=(msg("Sender: CLOSE-WAIT. Peer: Tcp.OutRsts +1; TCPAbortOnData if its application still held the socket."),),
        capture=(msg("FIN of the peer and its ACK, then data, then RST."),),
        alike=(
            Alike("app.pool_keepalive_race", msg("The FIN and the request crossed on the way: nobody could know.")),
            Alike("close.half_close_used", msg("The peer accepts data after its FIN: a half-close.")),
        ),
        do=(Step(Place.APPLICATION, msg("Treat read() = 0 as the end, and check pooled connections before use.")),),
        states=("CLOSE-WAIT", "FIN-WAIT-2"),
        references=("RFC 9293 §3.6.1", "RFC 1122 §4.2.2.13"),
    ),
    CodePage(
        code="rst.from_middlebox",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("A device on the path resets the connection"),
        what=msg("One end gets ECONNRESET, while the other end is still ESTABLISHED and never sent a RST: a firewall or balancer did."),
        why=msg("The other end keeps a dead connection until keepalive or its next write finds out."),
        live=(msg("One end ECONNRESET, the other ESTAB and idle; Tcp.OutRsts of neither end moves."),),
        capture=(
            msg("A RST whose TTL, IP ID or window does not fit that host's other packets; the capture at the peer has no such packet."),
        ),
        alike=(
            Alike("rst.abort", msg("The peer's application: its OutRsts grows and the TTL fits.")),
            Alike("rst.injected", msg("Forged by somebody else, often beside the genuine answer.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Send a heartbeat more often than the device's idle timeout.")),
            Step(Place.NETWORK, msg("Find the device by its TTL and by captures on both sides; change its policy or timeout.")),
            Step(Place.SOCKET, msg("SO_KEEPALIVE with TCP_KEEPIDLE below that timeout.")),
        ),
        states=("ESTABLISHED", "CLOSED"),
        knobs=("SO_KEEPALIVE", "TCP_KEEPIDLE"),
        references=("RFC 9293 §3.5.3", "RFC 3360"),
    ),
    CodePage(
        code="rst.injected",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.CAPTURE,
        title=msg("A forged RST ended the connection"),
        what=msg(
            "A RST with the exact sequence number came from neither end: its TTL or IP ID does not fit, or data of the same "
            "sender follows it."
        ),
        why=msg("Somebody who sees the traffic cuts connections: censorship, an intrusion prevention system, or an attack."),
        capture=(
            msg(
                "The odd RST, often several with rising sequence numbers; then genuine segments of the alleged sender, or "
                "its answer to the dead connection by RST."
            ),
        ),
        alike=(
            Alike("rst.from_middlebox", msg("A device of your own that ends idle or forbidden flows.")),
            Alike("attack.blind_rst", msg("The sequence numbers are guessed and the connection survives.")),
        ),
        do=(
            Step(
                Place.NETWORK,
                msg(
                    "Compare captures at both ends to find the segment of the path. Encrypt and authenticate where that helps: "
                    "IPsec, TCP-AO for BGP."
                ),
            ),
        ),
        caution=msg("TLS protects the data, not the TCP header: it does not stop a forged RST."),
        states=("ESTABLISHED", "CLOSED"),
        references=("RFC 5961 §3", "RFC 9293 §7"),
    ),
    CodePage(
        code="rst.administrative",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("An administrator or the system killed the connection"),
        what=msg(
            "Somebody used ss -K (SOCK_DESTROY), or the system tore connections down with an interface. The local "
            "application gets ECONNABORTED (103), the peer a RST."
        ),
        why=msg("A fact, not a fault. Applications see an unusual error."),
        live=(msg("Tcp.OutRsts +1; it needs CAP_NET_ADMIN and CONFIG_INET_DIAG_DESTROY."),),
        capture=(msg("A RST in the exact sequence, without a FIN, in the middle of the conversation."),),
        alike=(Alike("rst.abort", msg("The application aborts: then it does not get ECONNABORTED.")),),
        states=("ESTABLISHED", "CLOSED"),
        references=("RFC 9293 §3.10.5", "net/ipv4/tcp.c"),
    ),
)
