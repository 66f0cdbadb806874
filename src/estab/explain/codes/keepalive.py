"""Keepalive: the pages of `keepalive.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="keepalive.answered",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("Keepalive probes, all answered"),
        what=msg("The connection is idle; probes are sent and answered. The peer's kernel and the path are alive."),
        why=msg("Healthy. It says nothing about the peer's application: the kernel of a hung process still answers."),
        live=(msg('TCPKeepAlive grows, lastack stays small, timer "keepalive".'),),
        capture=(msg("Zero-length ACKs (or one byte) with sequence number SND.NXT - 1, each answered by an ACK."),),
        alike=(Alike("flow.persist_probes", msg("Probes of a zero window: the peer announced window 0 before.")),),
        states=("ESTABLISHED",),
        knobs=("SO_KEEPALIVE", "TCP_KEEPIDLE", "tcp_keepalive_time"),
        references=("RFC 9293 §3.8.4",),
    ),
    CodePage(
        code="keepalive.unanswered",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("Keepalive ended the connection"),
        what=msg("All probes of an idle connection stayed unanswered; the connection ended with ETIMEDOUT (110), and a RST was sent."),
        why=msg("The peer's host, the path or a NAT entry was gone. Keepalive did its work; ask what vanished, and why."),
        live=(
            msg(
                "TCPKeepAlive grows by the number of probes, then TCPAbortOnTimeout, Tcp.EstabResets and Tcp.OutRsts by "
                "one. Idle 2 s, interval 1 s, count 3 took 5.09 s."
            ),
        ),
        capture=(msg("Zero-length ACKs with sequence number SND.NXT - 1 at a fixed interval, no answer, then RST,ACK."),),
        alike=(
            Alike("middlebox.idle_timeout", msg("Probes that begin later than the middlebox forgets: shorten the idle time.")),
            Alike("half_open.peer_vanished", msg("Data was in flight: then retransmission decides, not keepalive.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Reconnect; send heartbeats if the application must know earlier.")),
            Step(Place.NETWORK, msg("Look for the idle timeout on the path.")),
            Step(Place.SOCKET, msg("TCP_KEEPIDLE below half of the smallest idle timeout on the path.")),
        ),
        states=("ESTABLISHED",),
        knobs=("SO_KEEPALIVE", "TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"),
        references=("RFC 9293 §3.8.4", "net/ipv4/tcp_timer.c"),
    ),
    CodePage(
        code="keepalive.user_timeout_override",
        severity=Severity.INFO,
        seen_from=SeenFrom.LIVE,
        title=msg("TCP_USER_TIMEOUT overrides the keepalive count"),
        what=msg("With TCP_USER_TIMEOUT set, keepalive ends by that time and not after TCP_KEEPCNT probes."),
        why=msg(
            "Dead connections are found earlier or later than planned: idle 2 s, interval 1 s, count 3 with 10000 ms took "
            "10.19 s; count 9 with 2500 ms took 3.04 s."
        ),
        live=(msg("Both options on one socket (read them with getsockopt through pidfd_getfd)."),),
        alike=(Alike("keepalive.unanswered", msg("The plain case without TCP_USER_TIMEOUT.")),),
        do=(Step(Place.SOCKET, msg("Keep TCP_USER_TIMEOUT >= TCP_KEEPIDLE + TCP_KEEPINTVL x TCP_KEEPCNT.")),),
        caution=msg(
            "TCP_USER_TIMEOUT also ends connections to slow readers: zero window and 4000 ms took 4.3 s although the peer answered."
        ),
        states=("ESTABLISHED",),
        knobs=("TCP_USER_TIMEOUT", "TCP_KEEPCNT", "TCP_KEEPIDLE", "TCP_KEEPINTVL"),
        references=("RFC 5482", "tcp(7)", "net/ipv4/tcp_timer.c"),
    ),
)
