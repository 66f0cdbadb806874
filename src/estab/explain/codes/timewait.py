"""TIME-WAIT and what meets it: the pages of `timewait.*`."""

from __future__ import annotations

from estab.explain.codes.declare import Alike, CodePage, Place, SeenFrom, Severity, Step
from estab.text import msg

PAGES = (
    CodePage(
        code="timewait.pileup",
        severity=Severity.INFO,
        seen_from=SeenFrom.BOTH,
        title=msg("Many connections in TIME-WAIT"),
        what=msg(
            "The end that closes first stays in TIME-WAIT for 60 s, so that late segments of the old connection cannot harm "
            "a new one. Many of them say only that this host closes many connections first."
        ),
        why=msg(
            "Not an error: a few hundred bytes each, no descriptor, almost no CPU. It hurts only when ports run out towards "
            "one destination, or when tcp_max_tw_buckets is reached."
        ),
        live=(msg("TIME-WAIT grouped by peer and port. sockstat tw counts orphaned FIN-WAIT-2 as well; only sock_diag tells them apart."),),
        capture=(msg("Many short connections; the side whose FIN comes first keeps the TIME-WAIT."),),
        alike=(
            Alike("ports.exhausted", msg("connect() fails with EADDRNOTAVAIL: then it is a problem.")),
            Alike("close.fin_wait2_stuck", msg("Counted in the same tw number, but the peer does not close.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Reuse connections; let the other side close first.")),
            Step(Place.KERNEL, msg("Only for outgoing connections with timestamps: tcp_tw_reuse=1.")),
        ),
        caution=msg(
            "Wrong medicine: tcp_tw_recycle (removed in Linux 4.12), tcp_fin_timeout (other state), a lower "
            "tcp_max_tw_buckets (resets peers), SO_LINGER {1, 0} (loses data)."
        ),
        states=("TIME-WAIT",),
        knobs=("tcp_tw_reuse", "tcp_max_tw_buckets", "tcp_fin_timeout", "tcp_tw_recycle", "SO_LINGER"),
        references=("RFC 9293 §3.6", "RFC 9293 §3.4", "net/ipv4/inet_timewait_sock.c"),
    ),
    CodePage(
        code="timewait.bucket_overflow",
        severity=Severity.CRITICAL,
        seen_from=SeenFrom.LIVE,
        title=msg("The limit of TIME-WAIT entries is reached"),
        what=msg(
            "tcp_max_tw_buckets is used up: connections that should wait are dropped at once. Orphaned FIN-WAIT-2 use the same budget."
        ),
        why=msg("The peer's FIN then meets no connection and is answered by RST: the peer may lose data or see ECONNRESET."),
        live=(msg("TCPTimeWaitOverflow grows, and Tcp.OutRsts with it: with a limit of 3, eight closes gave 5 of each."),),
        capture=(msg("The peer's FIN is answered by RST instead of an ACK."),),
        alike=(Alike("timewait.pileup", msg("Many, but below the limit: harmless.")),),
        do=(
            Step(Place.APPLICATION, msg("Reuse connections; let the other side close first.")),
            Step(Place.KERNEL, msg("Raise net.ipv4.tcp_max_tw_buckets (131072 or 262144 are common).")),
        ),
        caution=msg("Do not lower it to get rid of TIME-WAIT."),
        states=("TIME-WAIT", "FIN-WAIT-2"),
        knobs=("tcp_max_tw_buckets",),
        references=("ip-sysctl: tcp_max_tw_buckets", "net/ipv4/tcp_minisocks.c"),
    ),
    CodePage(
        code="timewait.tuple_reused",
        severity=Severity.INFO,
        seen_from=SeenFrom.CAPTURE,
        title=msg("A connection reused addresses and ports that were in TIME-WAIT"),
        what=msg(
            "A SYN opened a new connection on a four-tuple whose old connection had just closed; a newer timestamp or a "
            "higher sequence number proved it new."
        ),
        why=msg("Legal (RFC 6191). It says that ports are scarce, or that the client binds a fixed port."),
        live=(msg("On the client TWRecycled grows (tcp_tw_reuse)."),),
        capture=(msg("FIN exchange, then a SYN of the same four-tuple within 60 s, answered by SYN-ACK at once (0.3 ms measured)."),),
        alike=(Alike("timewait.syn_collision", msg("There the SYN looked old and was answered by an ACK.")),),
        states=("TIME-WAIT", "SYN-SENT"),
        knobs=("tcp_tw_reuse", "tcp_tw_reuse_delay", "tcp_timestamps"),
        references=("RFC 6191", "RFC 9293 §3.10.7.4"),
    ),
    CodePage(
        code="timewait.stale_tuple",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("A SYN met an old connection that is still open"),
        what=msg(
            "A client that crashed or moved connects again from the same port. The server still holds the old connection, "
            "answers the SYN by a challenge ACK, gets a RST, and the next SYN succeeds."
        ),
        why=msg(
            "The reconnect takes a little longer: 20 ms on Linux 6.18, 1 s on older kernels. A firewall that drops that ACK "
            "or RST makes it minutes."
        ),
        live=(
            msg(
                "Server: TCPChallengeACK, TCPSYNChallenge, Tcp.InErrs +1 each; the old socket gets ECONNRESET. Client: "
                "Tcp.OutRsts and TCPSynRetrans +1."
            ),
        ),
        capture=(msg("SYN, bare ACK with old numbers, RST, SYN again, SYN-ACK."),),
        alike=(
            Alike("attack.blind_syn", msg("No RST follows the challenge ACK.")),
            Alike("timewait.syn_collision", msg("The old connection is in TIME-WAIT.")),
        ),
        do=(
            Step(Place.APPLICATION, msg("Let the system choose the source port.")),
            Step(Place.NETWORK, msg("Let firewalls pass the challenge ACK and the RST that answers it.")),
            Step(Place.SOCKET, msg("SO_KEEPALIVE at the server removes dead connections.")),
        ),
        states=("SYN-SENT", "ESTABLISHED"),
        knobs=("SO_KEEPALIVE", "tcp_invalid_ratelimit"),
        references=("RFC 5961 §4", "RFC 9293 §3.5.1", "RFC 9293 figure 9"),
    ),
    CodePage(
        code="timewait.syn_collision",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("A SYN met a TIME-WAIT and looked old"),
        what=msg(
            "The SYN has an older timestamp, or a lower sequence number without timestamps, than the connection in "
            "TIME-WAIT. The server answers by an ACK, the client by RST, and the retried SYN succeeds."
        ),
        why=msg("A connect takes about 1 s longer, now and then: typical for many clients behind one NAT whose clocks differ."),
        live=(msg("Server: PAWSTimewait grows (PAWSEstab on older kernels)."),),
        capture=(msg("A SYN on a four-tuple closed less than 60 s ago, answered by a bare ACK, then RST, then SYN again."),),
        alike=(
            Alike("handshake.filtered", msg("There nothing answers.")),
            Alike("timewait.stale_tuple", msg("The old connection is still open, not in TIME-WAIT.")),
        ),
        do=(
            Step(Place.NETWORK, msg("Let the NAT hold ports longer before it gives them to another client.")),
            Step(Place.KERNEL, msg("Keep tcp_timestamps=1 on both ends.")),
        ),
        states=("TIME-WAIT", "SYN-SENT"),
        knobs=("tcp_timestamps",),
        references=("RFC 9293 §3.10.7.4", "RFC 6191", "RFC 7323 §5"),
    ),
    CodePage(
        code="timewait.assassination",
        severity=Severity.WARNING,
        seen_from=SeenFrom.BOTH,
        title=msg("A RST ended a TIME-WAIT early"),
        what=msg("An old segment reached a TIME-WAIT, its ACK drew a RST from the peer, and the RST removed the TIME-WAIT."),
        why=msg("The protection of the four-tuple is gone early: late segments may enter the next connection. Rarely seen to hurt."),
        live=(msg("The TIME-WAIT is gone before 60 s; tcp_rfc1337 is 0."),),
        capture=(msg("After both FINs: old data, an ACK, and a RST that answers the ACK."),),
        alike=(Alike("rst.data_after_close", msg("The peer really sent new data after the close.")),),
        do=(Step(Place.KERNEL, msg("tcp_rfc1337=1 where four-tuples are reused fast (measured: with 1 the TIME-WAIT stays).")),),
        states=("TIME-WAIT",),
        knobs=("tcp_rfc1337",),
        references=("RFC 1337", "RFC 9293 §3.10.7.4"),
    ),
)
