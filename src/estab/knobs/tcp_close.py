"""Settings of TCP that shape the end of a connection (`net.ipv4.tcp_*`)."""

from __future__ import annotations

from estab.knobs.declare import AT_ONCE, NEVER, NEW_CONNECTIONS, Choice, Knob, Myth, Scope, Span, Unit
from estab.text import msg

KNOBS = (
    Knob(
        name="tcp_fin_timeout",
        kernel_path="net.ipv4.tcp_fin_timeout",
        title=msg("Life of an orphaned FIN-WAIT-2"),
        unit=Unit.SECONDS,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2_147_483),
        linux=60,
        summary=msg(
            "How long an orphaned FIN-WAIT-2 waits for the peer's FIN: the process has closed, the peer has acknowledged "
            "our FIN but does not close. A value n above 60 gives 2 x (n - 60) s. TCP_LINGER2 sets it for one socket."
        ),
        caution=msg("After it expires, late data of the peer is answered by RST. The real cause is the peer that stays in CLOSE-WAIT."),
        myths=(
            Myth(
                msg("tcp_fin_timeout shortens TIME-WAIT"),
                msg("It bounds orphaned FIN-WAIT-2; TIME-WAIT is 60 s on Linux whatever it says (61.5 s measured with tcp_fin_timeout=5)"),
            ),
        ),
        takes_effect=msg("for connections that reach FIN-WAIT-2 afterwards"),
        source="ip-sysctl; net/ipv4/tcp.c",
    ),
    Knob(
        name="tcp_tw_reuse",
        kernel_path="net.ipv4.tcp_tw_reuse",
        title=msg("Ports of TIME-WAIT for outgoing connections"),
        unit=Unit.CHOICE,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2),
        choices=(
            Choice(0, msg("off")),
            Choice(1, msg("for all outgoing connections")),
            Choice(2, msg("for connections over loopback only")),
        ),
        linux=2,
        summary=msg(
            "Lets connect() take a local port whose old connection to the same destination is in TIME-WAIT, when both ends "
            "use timestamps and the TIME-WAIT is older than tcp_tw_reuse_delay (1 s). Counter: TWRecycled."
        ),
        caution=msg("It does nothing for TIME-WAITs that inbound connections leave on a server."),
        myths=(
            Myth(
                msg("tcp_tw_reuse helps a server"),
                msg("It works only on outgoing connections, and only with timestamps on both ends"),
            ),
        ),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 6191; net/ipv4/tcp_ipv4.c",
    ),
    Knob(
        name="tcp_tw_reuse_delay",
        kernel_path="net.ipv4.tcp_tw_reuse_delay",
        title=msg("Age of a TIME-WAIT before its port is reused"),
        unit=Unit.MILLISECONDS,
        scope=Scope.NAMESPACE,
        valid=Span(1, 60000),
        linux=1000,
        since="6.14",
        summary=msg("How old a TIME-WAIT must be before tcp_tw_reuse may take its port. Older kernels have a fixed 1 s."),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl",
    ),
    Knob(
        name="tcp_tw_recycle",
        kernel_path="net.ipv4.tcp_tw_recycle",
        title=msg("Early end of TIME-WAIT: removed"),
        unit=Unit.SWITCH,
        scope=Scope.HOST,
        valid=Span(0, 1),
        linux=0,
        gone_since="4.12",
        summary=msg(
            "Once ended TIME-WAIT early and dropped every SYN whose timestamp was older than the last one seen from that "
            "address. Removed in Linux 4.12; setting it fails."
        ),
        caution=msg("Clients behind one NAT share an address but not a clock: their SYNs were dropped at random."),
        myths=(
            Myth(
                msg("Set tcp_tw_recycle=1"),
                msg(
                    "Removed in Linux 4.12; before that it broke clients behind NAT, and since 4.10 (random timestamp "
                    "offsets) it had no meaning"
                ),
            ),
        ),
        takes_effect=NEVER,
        source="commit 4396e46187ca; tcp(7)",
    ),
    Knob(
        name="tcp_max_tw_buckets",
        kernel_path="net.ipv4.tcp_max_tw_buckets",
        title=msg("Largest number of TIME-WAIT entries"),
        unit=Unit.COUNT,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2_147_483_647),
        linux=msg("by the host's memory (131072 or 262144 are common)"),
        summary=msg(
            "The largest number of TIME-WAIT and orphaned FIN-WAIT-2 entries. Above it a connection that should wait is "
            "dropped at once (TCPTimeWaitOverflow)."
        ),
        caution=msg(
            "Too low, the peer's FIN is answered by RST and the peer may lose data: with a limit of 3, five of eight closes ended so."
        ),
        myths=(
            Myth(
                msg("Lower tcp_max_tw_buckets to get rid of TIME-WAIT"),
                msg("The peers' FINs are then answered by RST (measured: OutRsts and TCPTimeWaitOverflow grow together)"),
            ),
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; net/ipv4/tcp_minisocks.c",
    ),
    Knob(
        name="tcp_rfc1337",
        kernel_path="net.ipv4.tcp_rfc1337",
        title=msg("TIME-WAIT ignores RST"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=0,
        rfc=msg("a RST to TIME-WAIT should be ignored (RFC 1337)"),
        summary=msg("With 0 a RST ends a TIME-WAIT early (assassination); with 1 the TIME-WAIT stays for its 60 s."),
        takes_effect=AT_ONCE,
        source="RFC 1337; net/ipv4/tcp_minisocks.c",
    ),
    Knob(
        name="tcp_orphan_retries",
        kernel_path="net.ipv4.tcp_orphan_retries",
        title=msg("Patience with connections without a process"),
        unit=Unit.COUNT,
        scope=Scope.NAMESPACE,
        valid=Span(0, 255),
        linux=0,
        summary=msg(
            "How often FIN-WAIT-1, CLOSING or LAST-ACK without a process send again before the kernel gives up. 0 means 8: "
            "about 102 s (106.6 s measured)."
        ),
        caution=msg("A short time loses the last bytes of slow clients. 2 or 3 suits busy web edges only."),
        takes_effect=AT_ONCE,
        source="ip-sysctl; net/ipv4/tcp_timer.c",
    ),
    Knob(
        name="tcp_max_orphans",
        kernel_path="net.ipv4.tcp_max_orphans",
        title=msg("Largest number of connections without a process"),
        unit=Unit.COUNT,
        scope=Scope.HOST,
        valid=Span(0, 2_147_483_647),
        linux=msg("by the host's memory"),
        summary=msg(
            'How many connections without a process the host keeps. Above it they are ended by RST, with "too many orphaned '
            'sockets" in the kernel log.'
        ),
        caution=msg("Each orphan can hold up to about 64 KB that cannot be swapped. Find out why they pile up before you raise it."),
        takes_effect=AT_ONCE,
        source="ip-sysctl; net/ipv4/tcp.c",
    ),
)
