"""Connections of which only one end is left: the pages of `half_open.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="half_open.peer_vanished",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.BOTH,
        title=msg("The peer is gone and data is not acknowledged"),
        what=msg(
            "Data is sent again and again, and nothing at all comes back. The peer's host, the path or a NAT entry is gone; "
            "the other side may still be ESTABLISHED."
        ),
        why=msg("Writes succeed until the buffer is full; ETIMEDOUT (110) comes only after 924.6 s or more."),
        live=(
            msg(
                'ESTAB, Send-Q above 0, timer "on" with growing backoff, lastack and lastrcv growing together; TCPTimeouts, '
                "TCPLostRetransmit, Tcp.RetransSegs, TcpTimeoutRehash; at the end TCPAbortOnTimeout."
            ),
        ),
        capture=(
            msg(
                "A tail loss probe, then the same segment at doubling intervals: 0.21, 0.42, 0.84, 1.67, 3.33, 6.79, 13.4, "
                "26.8, 53.6, 106.9 s. No ACK at all."
            ),
        ),
        alike=(
            Alike("flow.zero_window", msg("The peer answers every probe, with window 0.")),
            Alike("path.pmtu_black_hole", msg("Small segments are acknowledged, full ones are not.")),
            Alike("middlebox.idle_timeout", msg("It begins with the first write after a pause.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("A heartbeat of the application, and a timeout for each request.")),
            Step(Place.SOCKET, msg("TCP_USER_TIMEOUT, for example 30 s.")),
            Step(Place.KERNEL, msg("tcp_retries2=8 (102 s; the RFC wants at least 100 s).")),
        ),
        caution=msg("Below 8, short outages on mobile or roaming paths kill sessions."),
        states=("ESTABLISHED",),
        knobs=("TCP_USER_TIMEOUT", "tcp_retries2", "tcp_rto_max_ms"),
        references=("RFC 9293 §3.8.3", "RFC 1122 §4.2.3.5", "ip-sysctl: tcp_retries2"),
    ),
    CodePage(
        code="half_open.peer_restarted",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("The peer restarted and does not know the connection"),
        what=msg("One end is ESTABLISHED, the other has no such connection. The next segment is answered by RST."),
        why=msg("The next write gives ECONNRESET (104). A side that only waits never finds out."),
        live=(msg("Restarted host: Tcp.OutRsts +1. The other: Tcp.EstabResets +1."),),
        capture=(msg("Data, answered by a RST without ACK flag, whose sequence number is our acknowledgement number."),),
        alike=(
            Alike("rst.from_middlebox", msg("The TTL of the RST does not fit that host.")),
            Alike("rst.data_after_close", msg("The peer had sent its FIN before.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Reconnect with growing, random waits; check pooled connections before use.")),
            Step(Place.SOCKET, msg("SO_KEEPALIVE with TCP_KEEPIDLE for sides that only wait.")),
        ),
        states=("ESTABLISHED", "CLOSED"),
        knobs=("SO_KEEPALIVE", "TCP_KEEPIDLE"),
        references=("RFC 9293 §3.5.1", "RFC 9293 figure 10"),
    ),
    CodePage(
        code="half_open.suspected",
        severity=Severity.WARNING,
        seen_from=SeenFrom.LIVE,
        title=msg("Idle connections that nothing would ever end"),
        what=msg("ESTABLISHED, empty queues, no timer, nothing received for long: if the peer is gone, nothing will notice."),
        why=msg("They grow with every client that reconnects after a fault; files and memory are held for ever."),
        live=(
            msg(
                "No timer at all, large lastrcv and lastack. The longer than the path's idle timeout, the more suspicious; "
                "other flows of the peer that do not answer confirm it."
            ),
        ),
        alike=(Alike("keepalive.answered", msg("With keepalive on, a timer runs and lastack stays small.")),),
        do=(
            Step(Place.APPLICATION, msg("A heartbeat, and an idle timeout at the server.")),
            Step(Place.SOCKET, msg("SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT.")),
        ),
        caution=msg("The sysctls tcp_keepalive_* change nothing for sockets without SO_KEEPALIVE."),
        states=("ESTABLISHED",),
        knobs=("SO_KEEPALIVE", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"),
        references=("RFC 9293 §3.8.4", "RFC 9293 §3.5.1"),
    ),
)
