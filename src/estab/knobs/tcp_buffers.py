"""Settings of TCP for buffers, memory, congestion and packet size (`net.ipv4.tcp_*`)."""

from __future__ import annotations

from estab.knobs.declare import AT_ONCE, NEW_CONNECTIONS, NEW_SOCKETS, Choice, Knob, Myth, Scope, Span, Unit
from estab.text import msg

KNOBS = (
    Knob(
        name="tcp_rmem",
        kernel_path="net.ipv4.tcp_rmem",
        title=msg("Receive buffer"),
        unit=Unit.BYTES,
        scope=Scope.NAMESPACE,
        valid=Span(1, 2_147_483_647),
        linux=(4096, 131072, 6291456),
        summary=msg(
            "Least, initial and largest receive buffer of a socket. Autotuning grows the buffer up to the third value as "
            "the connection needs it; the third value is a cap, not a reservation. Newer kernels cap at 33554432."
        ),
        caution=msg("Huge values for all sockets bring bufferbloat and memory pressure. SO_RCVBUF on a socket switches autotuning off."),
        myths=(
            Myth(
                msg("rmem_max limits tcp_rmem"),
                msg("rmem_max limits SO_RCVBUF only; autotuning follows tcp_rmem[2]"),
            ),
        ),
        takes_effect=msg("initial size for sockets made afterwards, the cap at once"),
        source="ip-sysctl; net/ipv4/tcp_input.c",
    ),
    Knob(
        name="tcp_wmem",
        kernel_path="net.ipv4.tcp_wmem",
        title=msg("Send buffer"),
        unit=Unit.BYTES,
        scope=Scope.NAMESPACE,
        valid=Span(1, 2_147_483_647),
        linux=(4096, 16384, 4194304),
        summary=msg(
            "Least, initial and largest send buffer of a socket; autotuning grows it up to the third value. One connection "
            "cannot send faster than this buffer in each round trip."
        ),
        caution=msg("SO_SNDBUF on a socket switches autotuning off."),
        takes_effect=msg("initial size for sockets made afterwards, the cap at once"),
        source="ip-sysctl; net/ipv4/tcp.c",
    ),
    Knob(
        name="tcp_mem",
        kernel_path="net.ipv4.tcp_mem",
        title=msg("Memory of all TCP sockets"),
        unit=Unit.PAGES,
        scope=Scope.HOST,
        valid=Span(1, 9_223_372_036_854_775_807),
        linux=msg("by the host's memory"),
        summary=msg(
            "Memory of all TCP sockets together, in pages: below the first value no care is taken, above the second TCP "
            "saves memory (pressure), above the third connections are aborted."
        ),
        caution=msg("It is in pages, not bytes, and for the whole host. Look for growing queues first."),
        takes_effect=AT_ONCE,
        source="ip-sysctl; net/ipv4/tcp.c",
    ),
    Knob(
        name="tcp_moderate_rcvbuf",
        kernel_path="net.ipv4.tcp_moderate_rcvbuf",
        title=msg("Autotuning of the receive buffer"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=1,
        summary=msg("Lets the receive buffer grow by itself up to tcp_rmem[2]."),
        takes_effect=AT_ONCE,
        source="ip-sysctl",
    ),
    Knob(
        name="tcp_notsent_lowat",
        kernel_path="net.ipv4.tcp_notsent_lowat",
        title=msg("Unsent data a socket may hold"),
        unit=Unit.BYTES,
        scope=Scope.NAMESPACE,
        valid=Span(0, 4_294_967_295),
        linux=4294967295,
        since="3.12",
        summary=msg(
            "Reports a socket as writable only while fewer than this many bytes wait unsent. Keeps data in the application, "
            "where it can still be replaced, instead of in the kernel."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl",
    ),
    Knob(
        name="tcp_autocorking",
        kernel_path="net.ipv4.tcp_autocorking",
        title=msg("Small writes are merged"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=1,
        since="3.14",
        summary=msg(
            "Merges small writes while an earlier packet of the same socket still waits in the queue of the network card. "
            "Counter: TCPAutoCorking."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl",
    ),
    Knob(
        name="tcp_congestion_control",
        kernel_path="net.ipv4.tcp_congestion_control",
        title=msg("Congestion control algorithm"),
        unit=Unit.NAME,
        scope=Scope.NAMESPACE,
        linux="cubic",
        rfc=msg("Reno's algorithms (RFC 5681); CUBIC is RFC 9438"),
        summary=msg("The congestion control of sockets that do not choose one with TCP_CONGESTION."),
        caution=msg("bbr hides packet loss; it does not repair it. Distributions differ in their default: read, never assume."),
        takes_effect=NEW_SOCKETS,
        source="ip-sysctl; RFC 9438",
    ),
    Knob(
        name="tcp_slow_start_after_idle",
        kernel_path="net.ipv4.tcp_slow_start_after_idle",
        title=msg("Slow start after a pause"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=1,
        rfc=msg("yes, after one RTO without sending (RFC 5681)"),
        since="2.6.18",
        summary=msg(
            "After an idle RTO the congestion window falls back to its initial size (measured 886 to 10 segments after 3 "
            "s), and the next burst starts slowly."
        ),
        caution=msg("0 is safe inside your own data centre. On the open internet the old window may no longer fit the path."),
        takes_effect=AT_ONCE,
        source="ip-sysctl; RFC 5681 §4.1",
    ),
    Knob(
        name="tcp_no_metrics_save",
        kernel_path="net.ipv4.tcp_no_metrics_save",
        title=msg("Memory of earlier connections"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=0,
        since="2.6.6",
        summary=msg(
            "With 0 a closing connection leaves RTT, window and reordering behind for the next one to that address; with 1 "
            "each connection starts fresh."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl",
    ),
    Knob(
        name="tcp_mtu_probing",
        kernel_path="net.ipv4.tcp_mtu_probing",
        title=msg("Path MTU without ICMP"),
        unit=Unit.CHOICE,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2),
        choices=(
            Choice(0, msg("off")),
            Choice(1, msg("only after a black hole is suspected (tcp_retries1 timeouts)")),
            Choice(2, msg("always, starting from tcp_base_mss")),
        ),
        linux=0,
        since="2.6.17",
        summary=msg(
            "Finds the path's MTU by trying segment sizes, without ICMP. With 1, a connection stuck in a path MTU black "
            "hole goes on with tcp_base_mss."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; RFC 4821; net/ipv4/tcp_timer.c",
    ),
    Knob(
        name="tcp_base_mss",
        kernel_path="net.ipv4.tcp_base_mss",
        title=msg("Where MTU probing starts"),
        unit=Unit.BYTES,
        scope=Scope.NAMESPACE,
        valid=Span(48, 65535),
        linux=1024,
        since="2.6.17",
        summary=msg("The segment size from which tcp_mtu_probing starts."),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 4821",
    ),
    Knob(
        name="tcp_min_snd_mss",
        kernel_path="net.ipv4.tcp_min_snd_mss",
        title=msg("Smallest segment size"),
        unit=Unit.BYTES,
        scope=Scope.NAMESPACE,
        valid=Span(48, 65535),
        linux=48,
        summary=msg("The smallest segment size that a peer or an ICMP message can force upon us."),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; CVE-2019-11479",
    ),
    Knob(
        name="tcp_challenge_ack_limit",
        kernel_path="net.ipv4.tcp_challenge_ack_limit",
        title=msg("Challenge ACKs a second"),
        unit=Unit.COUNT,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2_147_483_647),
        linux=2147483647,
        rfc=msg("10 in 5 s, as an example (RFC 5961)"),
        since="3.6",
        summary=msg(
            "Challenge ACKs the whole namespace may send in a second. The default is no limit, because the shared limit "
            "itself could be used to spy; tcp_invalid_ratelimit bounds each socket."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; RFC 5961 §7",
    ),
    Knob(
        name="tcp_invalid_ratelimit",
        kernel_path="net.ipv4.tcp_invalid_ratelimit",
        title=msg("Answers to invalid segments"),
        unit=Unit.MILLISECONDS,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2_147_483_647),
        linux=500,
        since="4.0",
        summary=msg(
            "The least time between two ACKs that one socket sends in answer to invalid segments. It stops two confused "
            "ends from answering each other for ever."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl",
    ),
)
