"""Options of one socket, and the argument of listen(): the nearest and safest place to change something."""

from __future__ import annotations

from estab.knobs.declare import AT_ONCE, BEFORE_BIND, BEFORE_CONNECT, NEXT_LISTEN, Knob, Myth, Scope, Span, Unit
from estab.text import msg

KNOBS = (
    Knob(
        name="backlog",
        kernel_path="listen(backlog)",
        title=msg("Accept queue of one listener"),
        unit=Unit.COUNT,
        scope=Scope.SOCKET,
        valid=Span(0, 2_147_483_647),
        linux=msg("what the program asks for, capped by somaxconn"),
        summary=msg(
            "The second argument of listen(): how many finished connections may wait for accept(). The limit is "
            "min(backlog, somaxconn), and the queue holds one more. In ss the listener shows it as Send-Q. Many programs "
            "ask for 128 or 511."
        ),
        myths=(
            Myth(
                msg("The backlog counts connections in SYN-RECEIVED"),
                msg("It bounds the accept queue; the SYN queue has the same limit beside it"),
            ),
        ),
        takes_effect=NEXT_LISTEN,
        source="listen(2); net/ipv4/af_inet.c",
    ),
    Knob(
        name="TCP_NODELAY",
        kernel_path="IPPROTO_TCP, TCP_NODELAY",
        title=msg("Nagle's algorithm off"),
        unit=Unit.SWITCH,
        scope=Scope.SOCKET,
        valid=Span(0, 1),
        linux=0,
        rfc=msg("an application must be able to switch Nagle off (MUST-17)"),
        summary=msg("Switches Nagle's algorithm off: a small segment is sent at once, even while earlier data is not yet acknowledged."),
        caution=msg("Write a whole message in one call as well, or each write becomes a packet."),
        takes_effect=AT_ONCE,
        source="tcp(7); RFC 9293 §3.7.4",
    ),
    Knob(
        name="TCP_CORK",
        kernel_path="IPPROTO_TCP, TCP_CORK",
        title=msg("Partial segments held back"),
        unit=Unit.SWITCH,
        scope=Scope.SOCKET,
        valid=Span(0, 1),
        linux=0,
        since="2.2",
        summary=msg("Holds back partial segments until the option is cleared, at most 200 ms. For a header followed by a file."),
        takes_effect=AT_ONCE,
        source="tcp(7)",
    ),
    Knob(
        name="TCP_QUICKACK",
        kernel_path="IPPROTO_TCP, TCP_QUICKACK",
        title=msg("Acknowledge at once, for a while"),
        unit=Unit.SWITCH,
        scope=Scope.SOCKET,
        valid=Span(0, 1),
        linux=1,
        since="2.4.4",
        summary=msg(
            "Acknowledges at once for a while instead of delaying. It is not sticky: the kernel goes back to delayed ACKs by itself."
        ),
        caution=msg("The cure for write-write-read is one write, or TCP_NODELAY at the sender."),
        myths=(
            Myth(
                msg("TCP_QUICKACK switches delayed ACKs off"),
                msg("Only for a while; it must be set again after each read"),
            ),
        ),
        takes_effect=AT_ONCE,
        source="tcp(7)",
    ),
    Knob(
        name="SO_KEEPALIVE",
        kernel_path="SOL_SOCKET, SO_KEEPALIVE",
        title=msg("Keepalive on this socket"),
        unit=Unit.SWITCH,
        scope=Scope.SOCKET,
        valid=Span(0, 1),
        linux=0,
        rfc=msg("off (MUST-25)"),
        summary=msg(
            "Sends probes on an idle connection and ends it with ETIMEDOUT when none is answered. Without it an idle "
            "connection to a dead peer lives for ever."
        ),
        caution=msg("It proves that the peer's kernel is alive, not that its application is."),
        takes_effect=AT_ONCE,
        source="socket(7); RFC 9293 §3.8.4",
    ),
    Knob(
        name="TCP_KEEPIDLE",
        kernel_path="IPPROTO_TCP, TCP_KEEPIDLE",
        title=msg("Idle time before keepalive, for one socket"),
        unit=Unit.SECONDS,
        scope=Scope.SOCKET,
        valid=Span(1, 32767),
        linux=7200,
        rfc=msg("at least 7200 s when not configured (MUST-28)"),
        since="2.4",
        summary=msg(
            "Idle time before the first keepalive probe of this socket. Choose less than half of the smallest idle timeout "
            "on the path; 60 s fits most."
        ),
        takes_effect=AT_ONCE,
        source="tcp(7)",
    ),
    Knob(
        name="TCP_KEEPINTVL",
        kernel_path="IPPROTO_TCP, TCP_KEEPINTVL",
        title=msg("Time between keepalive probes, for one socket"),
        unit=Unit.SECONDS,
        scope=Scope.SOCKET,
        valid=Span(1, 32767),
        linux=75,
        since="2.4",
        summary=msg("Time between two unanswered keepalive probes of this socket."),
        takes_effect=AT_ONCE,
        source="tcp(7)",
    ),
    Knob(
        name="TCP_KEEPCNT",
        kernel_path="IPPROTO_TCP, TCP_KEEPCNT",
        title=msg("Unanswered keepalive probes, for one socket"),
        unit=Unit.COUNT,
        scope=Scope.SOCKET,
        valid=Span(1, 127),
        linux=9,
        since="2.4",
        summary=msg("How many unanswered probes end this connection. TCP_USER_TIMEOUT overrides the count."),
        takes_effect=AT_ONCE,
        source="tcp(7)",
    ),
    Knob(
        name="TCP_USER_TIMEOUT",
        kernel_path="IPPROTO_TCP, TCP_USER_TIMEOUT",
        title=msg("How long data may stay unacknowledged"),
        unit=Unit.MILLISECONDS,
        scope=Scope.SOCKET,
        valid=Span(0, 2_147_483_647),
        linux=0,
        rfc=msg("an application must be able to set R2 for a connection (MUST-21)"),
        since="2.6.37",
        summary=msg(
            "How long sent data may stay unacknowledged before the connection ends with ETIMEDOUT; it also bounds connect() "
            "(5000 gave 5.02 s) and keepalive. 0 leaves it to tcp_retries2."
        ),
        caution=msg(
            "It also ends connections to slow readers: with a zero window and 4000 ms the connection died after 4.3 s "
            "although the peer answered. Keep it at least KEEPIDLE + KEEPINTVL x KEEPCNT."
        ),
        takes_effect=AT_ONCE,
        source="tcp(7); RFC 5482; net/ipv4/tcp_timer.c",
    ),
    Knob(
        name="TCP_SYNCNT",
        kernel_path="IPPROTO_TCP, TCP_SYNCNT",
        title=msg("SYN retries, for one socket"),
        unit=Unit.COUNT,
        scope=Scope.SOCKET,
        valid=Span(1, 127),
        linux=6,
        since="2.4",
        summary=msg("tcp_syn_retries for this socket only."),
        takes_effect=BEFORE_CONNECT,
        source="tcp(7)",
    ),
    Knob(
        name="TCP_LINGER2",
        kernel_path="IPPROTO_TCP, TCP_LINGER2",
        title=msg("Life of an orphaned FIN-WAIT-2, for one socket"),
        unit=Unit.SECONDS,
        scope=Scope.SOCKET,
        valid=Span(-1, 120),
        linux=60,
        since="2.4",
        summary=msg("tcp_fin_timeout for this socket only: how long its orphaned FIN-WAIT-2 lives. A negative value ends it at once."),
        myths=(
            Myth(
                msg("TCP_LINGER2 is a kind of SO_LINGER"),
                msg("It bounds FIN-WAIT-2 and has nothing to do with SO_LINGER"),
            ),
        ),
        takes_effect=AT_ONCE,
        source="tcp(7)",
    ),
    Knob(
        name="SO_LINGER",
        kernel_path="SOL_SOCKET, SO_LINGER",
        title=msg("What close() does with unsent data"),
        unit=Unit.STRUCTURE,
        scope=Scope.SOCKET,
        linux=msg("off: close() returns at once and the kernel sends the rest"),
        summary=msg(
            "{1, n}: close() waits up to n seconds for the acknowledgement of the last data. {1, 0}: close() sends RST, "
            "throws away data in flight and leaves no TIME-WAIT."
        ),
        caution=msg("{1, 0} loses data, and the peer reads ECONNRESET. It is no cure for TIME-WAIT."),
        myths=(
            Myth(
                msg("SO_LINGER {1, 0} is the way to avoid TIME-WAIT"),
                msg("It aborts the connection: unsent and unread data is lost and the peer gets a RST"),
            ),
        ),
        takes_effect=AT_ONCE,
        source="socket(7); RFC 9293 §3.9.1.6",
    ),
    Knob(
        name="SO_REUSEADDR",
        kernel_path="SOL_SOCKET, SO_REUSEADDR",
        title=msg("bind() while old connections wait"),
        unit=Unit.SWITCH,
        scope=Scope.SOCKET,
        valid=Span(0, 1),
        linux=0,
        summary=msg(
            "Lets a listener bind while old connections of that port are in TIME-WAIT or another closing state. The old "
            "listener must have had it set as well: its connections inherit the flag."
        ),
        caution=msg("It helps only from the second restart on, and never against a listener that is still running."),
        myths=(
            Myth(
                msg("SO_REUSEADDR avoids TIME-WAIT"),
                msg("It lets a listener bind while old connections wait; they wait all the same"),
            ),
        ),
        takes_effect=BEFORE_BIND,
        source="socket(7); net/ipv4/inet_connection_sock.c",
    ),
    Knob(
        name="SO_REUSEPORT",
        kernel_path="SOL_SOCKET, SO_REUSEPORT",
        title=msg("Several listeners on one port"),
        unit=Unit.SWITCH,
        scope=Scope.SOCKET,
        valid=Span(0, 1),
        linux=0,
        since="3.9",
        summary=msg("Lets several listeners of one user share an address and port; the kernel spreads new connections over them by hash."),
        caution=msg(
            "Closing one of them resets the connections in its queue (15 of 40 measured) unless tcp_migrate_req=1. As a "
            "cure for EADDRINUSE it lets another process of that user take the traffic."
        ),
        takes_effect=BEFORE_BIND,
        source="socket(7); net/core/sock_reuseport.c",
    ),
    Knob(
        name="TCP_DEFER_ACCEPT",
        kernel_path="IPPROTO_TCP, TCP_DEFER_ACCEPT",
        title=msg("accept() only when data has come"),
        unit=Unit.SECONDS,
        scope=Scope.SOCKET,
        valid=Span(0, 65535),
        linux=0,
        since="2.4",
        summary=msg(
            "accept() sees a connection only when data has come; the bare ACK of the handshake is dropped and the server "
            "stays in SYN-RECEIVED. The seconds are rounded up to a number of SYN-ACK retries: 1, 3, 7, 15, 31, 63."
        ),
        caution=msg("Not for protocols in which the server speaks first, nor with health checks that send nothing."),
        takes_effect=msg("for connections that arrive afterwards"),
        source="tcp(7); net/ipv4/tcp_minisocks.c",
    ),
    Knob(
        name="IP_BIND_ADDRESS_NO_PORT",
        kernel_path="IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT",
        title=msg("bind() without taking a port"),
        unit=Unit.SWITCH,
        scope=Scope.SOCKET,
        valid=Span(0, 1),
        linux=0,
        since="4.2",
        summary=msg(
            "bind(address, 0) takes no port yet; connect() then chooses one for the destination, so that one port serves many destinations."
        ),
        caution=msg("Without it, bind before connect makes all destinations share one set of ports: EADDRINUSE for everything."),
        takes_effect=BEFORE_BIND,
        source="ip(7); net/ipv4/af_inet.c",
    ),
    Knob(
        name="SO_RCVBUF",
        kernel_path="SOL_SOCKET, SO_RCVBUF",
        title=msg("Fixed receive buffer"),
        unit=Unit.BYTES,
        scope=Scope.SOCKET,
        valid=Span(0, 1_073_741_823),
        linux=131072,
        summary=msg(
            "A fixed receive buffer; the kernel doubles the number and caps it at twice rmem_max. Setting it switches "
            "autotuning off for this socket."
        ),
        caution=msg(
            "Mostly a mistake: a value that fits one path throttles another. Set before connect() or listen(), or the "
            "window scale stays small."
        ),
        takes_effect=BEFORE_CONNECT,
        source="socket(7); tcp(7)",
    ),
    Knob(
        name="SO_SNDBUF",
        kernel_path="SOL_SOCKET, SO_SNDBUF",
        title=msg("Fixed send buffer"),
        unit=Unit.BYTES,
        scope=Scope.SOCKET,
        valid=Span(0, 1_073_741_823),
        linux=16384,
        summary=msg(
            "A fixed send buffer; the kernel doubles the number and caps it at twice wmem_max. Setting it switches "
            "autotuning off for this socket."
        ),
        caution=msg("A small buffer makes the sender wait for every ACK (sndbuf_limited)."),
        takes_effect=AT_ONCE,
        source="socket(7); tcp(7)",
    ),
    Knob(
        name="SO_RCVTIMEO",
        kernel_path="SOL_SOCKET, SO_RCVTIMEO",
        title=msg("How long a read waits"),
        unit=Unit.STRUCTURE,
        scope=Scope.SOCKET,
        linux=msg("none: a read waits for ever"),
        summary=msg("How long a blocking read waits. It ends with EAGAIN and leaves the connection alone."),
        myths=(
            Myth(
                msg("ETIMEDOUT comes from SO_RCVTIMEO"),
                msg("That is EAGAIN; ETIMEDOUT always comes from TCP: retransmission, keepalive, user timeout, SYN"),
            ),
        ),
        takes_effect=AT_ONCE,
        source="socket(7)",
    ),
    Knob(
        name="TCP_FASTOPEN",
        kernel_path="IPPROTO_TCP, TCP_FASTOPEN",
        title=msg("Fast Open on a listener"),
        unit=Unit.COUNT,
        scope=Scope.SOCKET,
        valid=Span(0, 2_147_483_647),
        linux=0,
        since="3.7",
        summary=msg("On a listener: accept data in SYNs, with at most this many such connections that are not yet finished."),
        takes_effect=AT_ONCE,
        source="tcp(7); RFC 7413",
    ),
    Knob(
        name="TCP_FASTOPEN_CONNECT",
        kernel_path="IPPROTO_TCP, TCP_FASTOPEN_CONNECT",
        title=msg("Fast Open on a client"),
        unit=Unit.SWITCH,
        scope=Scope.SOCKET,
        valid=Span(0, 1),
        linux=0,
        since="4.11",
        summary=msg("On a client: connect() returns at once and the first write goes into the SYN when a cookie is known."),
        takes_effect=BEFORE_CONNECT,
        source="tcp(7); RFC 7413",
    ),
    Knob(
        name="TCP_MAXSEG",
        kernel_path="IPPROTO_TCP, TCP_MAXSEG",
        title=msg("Largest segment of this socket"),
        unit=Unit.BYTES,
        scope=Scope.SOCKET,
        valid=Span(88, 32767),
        linux=msg("from the MTU of the route"),
        rfc=msg("536 for IPv4, 1220 for IPv6 when no option is received (MUST-15)"),
        summary=msg("The largest segment this socket announces and sends."),
        takes_effect=BEFORE_CONNECT,
        source="tcp(7); RFC 9293 §3.7.1",
    ),
    Knob(
        name="TCP_CONGESTION",
        kernel_path="IPPROTO_TCP, TCP_CONGESTION",
        title=msg("Congestion control of this socket"),
        unit=Unit.NAME,
        scope=Scope.SOCKET,
        linux=msg("the value of tcp_congestion_control"),
        since="2.6.13",
        summary=msg("Chooses the congestion control of this socket from tcp_allowed_congestion_control."),
        takes_effect=AT_ONCE,
        source="tcp(7)",
    ),
)
