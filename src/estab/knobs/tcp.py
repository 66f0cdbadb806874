"""Settings of TCP that shape the opening of a connection (`net.ipv4.tcp_*`)."""

from __future__ import annotations

from estab.knobs.declare import AT_ONCE, NEW_CONNECTIONS, Choice, Knob, Myth, Scope, Span, Unit
from estab.text import msg

KNOBS = (
    Knob(
        name="tcp_syn_retries",
        kernel_path="net.ipv4.tcp_syn_retries",
        title=msg("How long connect() repeats its SYN"),
        unit=Unit.COUNT,
        scope=Scope.NAMESPACE,
        valid=Span(1, 127),
        linux=6,
        rfc=msg("R2 for a SYN is at least 180 s (MUST-23)"),
        summary=msg(
            "How long connect() repeats its SYN before it gives up with ETIMEDOUT: until the first timeout at or after "
            "2^(n+1) - 1 s. The default 6 takes about 131 s since Linux 6.5 (retries at 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 s) "
            "and 127 s before (1, 3, 7, 15, 31, 63 s); 3 takes 19 s (15 s before). TCP_SYNCNT sets it for one socket."
        ),
        caution=msg(
            "A lower value for the whole host makes connects over lossy links fail. Give the application a connect timeout "
            "of 3 to 5 s instead."
        ),
        myths=(
            Myth(
                msg("SYN retries come after 1, 2, 4, 8 s"),
                msg("Since Linux 6.5 the first retries are linear: five waits of 1 s, then 2, 4, 8 s (tcp_syn_linear_timeouts=4)"),
            ),
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; RFC 9293 §3.8.3; net/ipv4/tcp_timer.c",
    ),
    Knob(
        name="tcp_syn_linear_timeouts",
        kernel_path="net.ipv4.tcp_syn_linear_timeouts",
        title=msg("First SYN retries at a constant 1 s"),
        unit=Unit.COUNT,
        scope=Scope.NAMESPACE,
        valid=Span(0, 127),
        linux=4,
        since="6.5",
        summary=msg(
            "How many SYN retransmissions wait a constant 1 s more before the wait starts to double. 0 gives the old "
            "pattern 1, 3, 7, 15, 31, 63 s."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; net/ipv4/tcp_timer.c",
    ),
    Knob(
        name="tcp_synack_retries",
        kernel_path="net.ipv4.tcp_synack_retries",
        title=msg("How often a SYN-ACK is repeated"),
        unit=Unit.COUNT,
        scope=Scope.NAMESPACE,
        valid=Span(0, 255),
        linux=5,
        summary=msg(
            "How often a listener sends the SYN-ACK again for an entry in SYN-RECEIVED. The waits double from 1 s: with 5 the "
            "entry lives 63 s, with 2 it lives 7 s."
        ),
        caution=msg("2 or 3 helps only against floods; on lossy links real clients lose their connection attempt."),
        takes_effect=AT_ONCE,
        source="ip-sysctl; net/ipv4/inet_connection_sock.c",
    ),
    Knob(
        name="tcp_syncookies",
        kernel_path="net.ipv4.tcp_syncookies",
        title=msg("Half connections kept in the sequence number"),
        unit=Unit.CHOICE,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2),
        choices=(
            Choice(0, msg("off: a full SYN queue drops SYNs")),
            Choice(1, msg("answer with a cookie when the SYN queue of a listener is full")),
            Choice(2, msg("always answer with a cookie; for tests only")),
        ),
        linux=1,
        summary=msg(
            "When a listener's SYN queue is full, the SYN-ACK's sequence number carries the half connection, and the server "
            "keeps no state until the ACK comes back. With timestamps, window scale and SACK survive inside the timestamp; "
            "without them both are lost."
        ),
        caution=msg("Never switch it off to keep options: a SYN flood then shuts out every new client (TCPReqQFullDrop)."),
        takes_effect=AT_ONCE,
        source="ip-sysctl; net/ipv4/syncookies.c",
    ),
    Knob(
        name="tcp_max_syn_backlog",
        kernel_path="net.ipv4.tcp_max_syn_backlog",
        title=msg("SYN queue without cookies"),
        unit=Unit.COUNT,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2_147_483_647),
        linux=msg("by the host's memory, at least 128 (2048 is common)"),
        summary=msg(
            "A second bound on the SYN queue that matters only with tcp_syncookies=0. The queue of a listener is otherwise "
            "bounded by the same limit as its accept queue: min(backlog, somaxconn)."
        ),
        myths=(
            Myth(
                msg("Raise tcp_max_syn_backlog to make the SYN queue longer"),
                msg("With cookies on it changes nothing; raise the backlog of listen() and somaxconn"),
            ),
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; net/ipv4/tcp_input.c",
    ),
    Knob(
        name="tcp_abort_on_overflow",
        kernel_path="net.ipv4.tcp_abort_on_overflow",
        title=msg("RST when the accept queue is full"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=0,
        summary=msg(
            "What happens to the last ACK of a handshake when the accept queue is full. 0: the ACK is dropped and the "
            "SYN-ACK comes again later. 1: the client gets a RST. A handshake that used a SYN cookie is never answered by "
            "RST."
        ),
        caution=msg("It turns a delay of a second into a hard error. Use it only when every client retries elsewhere at once."),
        myths=(
            Myth(
                msg("A full accept queue refuses connections"),
                msg("It drops silently by default; a RST comes only with tcp_abort_on_overflow=1"),
            ),
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; net/ipv4/tcp_minisocks.c",
    ),
    Knob(
        name="tcp_migrate_req",
        kernel_path="net.ipv4.tcp_migrate_req",
        title=msg("Waiting connections move to another listener"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=0,
        since="5.14",
        summary=msg(
            "When one listener of a SO_REUSEPORT group closes, hands its waiting connections to the other listeners. With 0 they are reset."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; net/ipv4/inet_connection_sock.c",
    ),
    Knob(
        name="tcp_fastopen",
        kernel_path="net.ipv4.tcp_fastopen",
        title=msg("Data in the SYN"),
        unit=Unit.BITS,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2_147_483_647),
        choices=(
            Choice(1, msg("clients may send data in the SYN")),
            Choice(2, msg("listeners that set TCP_FASTOPEN accept it")),
            Choice(4, msg("clients send data even without a cookie")),
            Choice(512, msg("listeners accept data without a cookie")),
            Choice(1024, msg("all listeners accept it, without the socket option")),
        ),
        linux=1,
        since="3.7",
        summary=msg(
            "Allows data in the SYN (TCP Fast Open, RFC 7413) and so saves one round trip on repeated connects. The values add up."
        ),
        caution=msg("Some middleboxes drop such SYNs; each connect then costs one second more."),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 7413",
    ),
    Knob(
        name="tcp_fastopen_blackhole_timeout_sec",
        kernel_path="net.ipv4.tcp_fastopen_blackhole_timeout_sec",
        title=msg("Pause of Fast Open after a black hole"),
        unit=Unit.SECONDS,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2_147_483_647),
        linux=0,
        since="4.12",
        summary=msg(
            "For how long Fast Open is switched off after the kernel found that a path loses such SYNs; the time grows when "
            "it happens again. 0 switches the detection off."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; net/ipv4/tcp_fastopen.c",
    ),
    Knob(
        name="tcp_timestamps",
        kernel_path="net.ipv4.tcp_timestamps",
        title=msg("Timestamp option"),
        unit=Unit.CHOICE,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2),
        choices=(
            Choice(0, msg("off")),
            Choice(1, msg("on, with a random offset for each connection")),
            Choice(2, msg("on, without the random offset")),
        ),
        linux=1,
        summary=msg(
            "Offers the timestamp option in the SYN. It gives round-trip samples on every ACK, protects against old "
            "duplicates (PAWS), lets tcp_tw_reuse work and lets a SYN cookie keep window scale and SACK."
        ),
        caution=msg("0 is a test, not a setting: PAWS, RTT quality, tcp_tw_reuse and the options of cookies are all lost."),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 7323",
    ),
    Knob(
        name="tcp_window_scaling",
        kernel_path="net.ipv4.tcp_window_scaling",
        title=msg("Window scale option"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=1,
        summary=msg(
            "Offers the window scale option. Without it a window ends at 65,535 bytes, and throughput at 64 KiB for each round trip."
        ),
        caution=msg("Only in SYN segments: a middlebox that strips it slows the connection for its whole life."),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 7323",
    ),
    Knob(
        name="tcp_sack",
        kernel_path="net.ipv4.tcp_sack",
        title=msg("Selective acknowledgement"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=1,
        summary=msg("Offers selective acknowledgements, with which several losses in one window are repaired within one round trip."),
        caution=msg("0 was an emergency measure against CVE-2019-11477 on old kernels; it costs much whenever packets are lost."),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 2018",
    ),
    Knob(
        name="tcp_ecn",
        kernel_path="net.ipv4.tcp_ecn",
        title=msg("Explicit congestion notification"),
        unit=Unit.CHOICE,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2),
        choices=(
            Choice(0, msg("off")),
            Choice(1, msg("ask for it on outgoing connections, accept it on incoming ones")),
            Choice(2, msg("accept it on incoming connections only")),
        ),
        linux=2,
        summary=msg("Negotiates explicit congestion notification, so that routers can mark packets instead of dropping them."),
        caution=msg(
            "With 1, a path that drops SYNs with ECE and CWR costs one second on each connect (tcp_ecn_fallback then tries without)."
        ),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 3168",
    ),
    Knob(
        name="tcp_ecn_fallback",
        kernel_path="net.ipv4.tcp_ecn_fallback",
        title=msg("Second SYN without ECN"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=1,
        since="4.1",
        summary=msg("Sends the second SYN without ECE and CWR when the first one with them was not answered."),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 3168 §6.1.1.1",
    ),
)
