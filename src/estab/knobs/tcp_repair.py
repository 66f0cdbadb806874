"""Settings of TCP for retransmission, loss recovery and keepalive (`net.ipv4.tcp_*`)."""

from __future__ import annotations

from estab.knobs.declare import AT_ONCE, NEVER, NEW_CONNECTIONS, Choice, Knob, Myth, Scope, Span, Unit
from estab.text import msg

KNOBS = (
    Knob(
        name="tcp_retries1",
        kernel_path="net.ipv4.tcp_retries1",
        title=msg("Retries before the route is doubted"),
        unit=Unit.COUNT,
        scope=Scope.NAMESPACE,
        valid=Span(0, 255),
        linux=3,
        rfc=msg("R1 is at least 3 retransmissions (SHLD-10)"),
        summary=msg(
            "After how many timeouts the kernel doubts the route: it looks it up again and, with tcp_mtu_probing, starts to "
            "probe for a smaller MTU. 3 means about 3.0 s."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; RFC 9293 §3.8.3; net/ipv4/tcp_timer.c",
    ),
    Knob(
        name="tcp_retries2",
        kernel_path="net.ipv4.tcp_retries2",
        title=msg("How long data is sent again before ETIMEDOUT"),
        unit=Unit.COUNT,
        scope=Scope.NAMESPACE,
        valid=Span(0, 255),
        linux=15,
        rfc=msg("R2 is at least 100 s (SHLD-11)"),
        summary=msg(
            "How long unacknowledged data is sent again before ETIMEDOUT. It is turned into a time, from an RTO of 0.2 s "
            "that doubles up to 120 s: 3 gives 3.0 s, 5 gives 12.6 s, 8 gives 102.2 s, 10 gives 324.6 s, 15 gives 924.6 s, "
            "each a lower bound."
        ),
        caution=msg("Below 8 a short outage kills healthy sessions. Prefer TCP_USER_TIMEOUT in the application."),
        takes_effect=AT_ONCE,
        source="ip-sysctl; RFC 9293 §3.8.3; net/ipv4/tcp_timer.c",
    ),
    Knob(
        name="tcp_rto_min_us",
        kernel_path="net.ipv4.tcp_rto_min_us",
        title=msg("Smallest retransmission timeout"),
        unit=Unit.MICROSECONDS,
        scope=Scope.NAMESPACE,
        valid=Span(1, 2_147_483_647),
        linux=200000,
        rfc=msg("1 s (RFC 6298)"),
        since="6.11",
        summary=msg(
            "The smallest retransmission timeout. The times that tcp_retries2 stands for do not follow it: they count from 200 ms always."
        ),
        caution=msg("Below the peer's delayed ACK (40 ms and more) it causes spurious retransmissions."),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 6298 §2.4",
    ),
    Knob(
        name="tcp_rto_max_ms",
        kernel_path="net.ipv4.tcp_rto_max_ms",
        title=msg("Largest retransmission timeout"),
        unit=Unit.MILLISECONDS,
        scope=Scope.NAMESPACE,
        valid=Span(1000, 120_000),
        linux=120000,
        rfc=msg("at least 60 s, if there is a maximum at all (RFC 6298)"),
        since="6.15",
        summary=msg(
            "The largest wait between two retransmissions. A smaller one shortens every overall timeout unless tcp_retries2 grows."
        ),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 6298 §2.5",
    ),
    Knob(
        name="tcp_frto",
        kernel_path="net.ipv4.tcp_frto",
        title=msg("Detection of spurious timeouts"),
        unit=Unit.CHOICE,
        scope=Scope.NAMESPACE,
        valid=Span(0, 2),
        linux=2,
        summary=msg(
            "After a timeout, watches the next ACKs to find out whether the data had only been late (F-RTO), and then takes "
            "the slow-down back."
        ),
        caution=msg("Not the cause of spurious timeouts: 0 hides the proof and keeps the damage."),
        takes_effect=AT_ONCE,
        source="ip-sysctl; RFC 5682",
    ),
    Knob(
        name="tcp_recovery",
        kernel_path="net.ipv4.tcp_recovery",
        title=msg("How losses are found (RACK)"),
        unit=Unit.BITS,
        scope=Scope.NAMESPACE,
        valid=Span(0, 7),
        choices=(
            Choice(1, msg("RACK decides by time what is lost")),
            Choice(2, msg("a fixed reordering window of a quarter of the smallest RTT")),
            Choice(4, msg("no three-duplicate-ACK rule")),
        ),
        linux=1,
        since="4.4",
        summary=msg(
            "How losses are found: RACK calls a segment lost when one sent later has arrived and the reordering window has "
            "passed; it also finds a retransmission that was lost."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; RFC 8985",
    ),
    Knob(
        name="tcp_early_retrans",
        kernel_path="net.ipv4.tcp_early_retrans",
        title=msg("Tail loss probe"),
        unit=Unit.CHOICE,
        scope=Scope.NAMESPACE,
        valid=Span(0, 4),
        choices=(
            Choice(0, msg("no tail loss probe")),
            Choice(3, msg("tail loss probe")),
        ),
        linux=3,
        summary=msg(
            "Sends a tail loss probe about two round trips after the last segment, so that a lost tail is repaired without "
            "waiting for the timeout."
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; RFC 8985 §7",
    ),
    Knob(
        name="tcp_reordering",
        kernel_path="net.ipv4.tcp_reordering",
        title=msg("First tolerance of reordering"),
        unit=Unit.PACKETS,
        scope=Scope.NAMESPACE,
        valid=Span(1, 300),
        linux=3,
        rfc=msg("3 duplicate ACKs (RFC 5681)"),
        summary=msg(
            "How far out of order a packet may be before it counts as lost; where the measurement of a connection starts, "
            "which then adapts by itself."
        ),
        takes_effect=NEW_CONNECTIONS,
        source="ip-sysctl; RFC 5681",
    ),
    Knob(
        name="tcp_max_reordering",
        kernel_path="net.ipv4.tcp_max_reordering",
        title=msg("Largest tolerance of reordering"),
        unit=Unit.PACKETS,
        scope=Scope.NAMESPACE,
        valid=Span(1, 2_147_483_647),
        linux=300,
        summary=msg("How far a connection may let its tolerance of reordering grow by itself."),
        takes_effect=AT_ONCE,
        source="ip-sysctl",
    ),
    Knob(
        name="tcp_dsack",
        kernel_path="net.ipv4.tcp_dsack",
        title=msg("Report of data that arrived twice"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 1),
        linux=1,
        summary=msg("Reports data that arrived twice (RFC 2883). With it the sender sees that a retransmission was needless."),
        takes_effect=AT_ONCE,
        source="ip-sysctl; RFC 2883",
    ),
    Knob(
        name="tcp_fack",
        kernel_path="net.ipv4.tcp_fack",
        title=msg("Forward acknowledgement: without effect"),
        unit=Unit.SWITCH,
        scope=Scope.NAMESPACE,
        valid=Span(0, 255),
        linux=0,
        gone_since="4.15",
        summary=msg(
            "Once chose forward acknowledgement, an older way to find losses. The file is still there; the code behind it is gone."
        ),
        myths=(
            Myth(
                msg("Set tcp_fack=1 for faster recovery"),
                msg("It has no effect on modern kernels; RACK does this work"),
            ),
        ),
        takes_effect=NEVER,
        source="ip-sysctl",
    ),
    Knob(
        name="tcp_low_latency",
        kernel_path="net.ipv4.tcp_low_latency",
        title=msg("Receive prequeue: without effect"),
        unit=Unit.SWITCH,
        scope=Scope.HOST,
        valid=Span(0, 1),
        linux=0,
        gone_since="4.14",
        summary=msg("Once switched off the receive prequeue, which was removed in Linux 4.14. It changes nothing now."),
        myths=(
            Myth(
                msg("tcp_low_latency=1 lowers latency"),
                msg("It has no effect on modern kernels"),
            ),
        ),
        takes_effect=NEVER,
        source="tcp(7)",
    ),
    Knob(
        name="tcp_keepalive_time",
        kernel_path="net.ipv4.tcp_keepalive_time",
        title=msg("Idle time before keepalive"),
        unit=Unit.SECONDS,
        scope=Scope.NAMESPACE,
        valid=Span(1, 2_147_483),
        linux=7200,
        rfc=msg("off, and at least 7200 s when on (MUST-25, MUST-28)"),
        summary=msg(
            "How long a connection must be idle before the first keepalive probe. It counts only for sockets that set "
            "SO_KEEPALIVE and not TCP_KEEPIDLE."
        ),
        caution=msg("7200 s is useless behind a NAT or load balancer that forgets idle connections after 350 s or less."),
        myths=(
            Myth(
                msg("Lower tcp_keepalive_time to clean up dead connections"),
                msg("Without SO_KEEPALIVE on the socket it changes nothing"),
            ),
            Myth(
                msg("Keepalive clears CLOSE-WAIT"),
                msg("Only close() in the application does"),
            ),
        ),
        takes_effect=msg("for keepalive timers that start afterwards; one that runs already runs to its end"),
        source="ip-sysctl; RFC 9293 §3.8.4",
    ),
    Knob(
        name="tcp_keepalive_intvl",
        kernel_path="net.ipv4.tcp_keepalive_intvl",
        title=msg("Time between keepalive probes"),
        unit=Unit.SECONDS,
        scope=Scope.NAMESPACE,
        valid=Span(1, 2_147_483),
        linux=75,
        summary=msg("Time between two keepalive probes that stay unanswered."),
        takes_effect=AT_ONCE,
        source="ip-sysctl; net/ipv4/tcp_timer.c",
    ),
    Knob(
        name="tcp_keepalive_probes",
        kernel_path="net.ipv4.tcp_keepalive_probes",
        title=msg("Unanswered keepalive probes"),
        unit=Unit.COUNT,
        scope=Scope.NAMESPACE,
        valid=Span(0, 255),
        linux=9,
        summary=msg(
            "How many unanswered probes end the connection with ETIMEDOUT. In total: time + probes x interval, 7200 + 9 x "
            "75 = 7875 s by default."
        ),
        caution=msg("TCP_USER_TIMEOUT overrides it: the connection ends by that time and not by this count."),
        myths=(
            Myth(
                msg("Keepalive finds hung applications"),
                msg("It finds dead kernels and paths; the kernel of a hung process still answers"),
            ),
        ),
        takes_effect=AT_ONCE,
        source="ip-sysctl; RFC 9293 §3.8.4",
    ),
)
