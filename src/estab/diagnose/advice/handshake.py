"""What to do, and what not, about `handshake.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, on_host, on_socket, sysctl
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

ACCEPT_QUEUE_OVERFLOW = Advice(
    do_not=(
        DoNot(msg("set tcp_abort_on_overflow=1: it turns waiting into resets")),
        DoNot(msg("raise only net.core.somaxconn: a running listener keeps its queue until listen() is called again")),
    ),
)

FAKE_ESTABLISHED = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Give requests a time limit of their own; one for connect() alone does not see this.")),
        Remedy(RemedyScope.HOST, msg("Capture behind the load balancer or firewall: does the data arrive at the server at all?")),
    ),
    do_not=(DoNot(msg("rely on keepalive: while data is unacknowledged it does not run")),),
)

FILTERED = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Give connect() a time limit of 3 to 5 s, and try another address of the service.")),
        Remedy(
            RemedyScope.HOST,
            msg(
                "Capture at the server too: SYNs that arrive there without an answer, SYN-ACKs "
                "that leave, or nothing tell which part drops."
            ),
        ),
        Remedy(
            RemedyScope.SOCKET,
            msg("TCP_SYNCNT or TCP_USER_TIMEOUT on this socket ends the attempt sooner."),
            valid="Linux >= 2.4 (TCP_SYNCNT), >= 2.6.37 (TCP_USER_TIMEOUT)",
        ),
        Remedy(
            RemedyScope.KERNEL,
            msg("Fewer repetitions of SYNs: 3 give up after 19 s (15 s before Linux 6.5)."),
            set={"net.ipv4.tcp_syn_retries": 3},
            undo={"net.ipv4.tcp_syn_retries": 6},
            valid="Linux >= 2.2",
            caution=msg("It holds for the whole host: on lossy paths connections fail that would have come about."),
        ),
    ),
    do_not=(DoNot(msg("lower tcp_syn_retries for a whole host to get errors sooner: on lossy paths connections then fail without need")),),
)

REFUSED = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Start the service, or make clients use the address and port that it is bound to.")),
        Remedy(RemedyScope.APPLICATION, msg("Let clients try again with a growing pause and jitter, never in a tight loop.")),
    ),
    do_not=(DoNot(msg("change kernel settings: a closed port answers RST whatever they say")),),
)

REJECTED_ICMP = Advice(
    do_not=(DoNot(msg("change TCP settings of the client: the network has answered with a final no")),),
)

RETURN_PATH_BLOCKED = Advice(
    remedy=(
        Remedy(RemedyScope.HOST, msg("Compare the ways there and back; let a stateful firewall see both, or none of them.")),
        Remedy(
            RemedyScope.HOST,
            msg("Capture at the client too: SYN-ACKs that arrive there are dropped by the client's own packet filter or rp_filter."),
        ),
    ),
    do_not=(DoNot(msg("raise tcp_synack_retries: more answers get lost in the same way")),),
)

SELF_CONNECT = Advice(
    do_not=(DoNot(msg("retry in a tight loop: the more attempts, the sooner the port meets itself")),),
)

SIMULTANEOUS_OPEN = Advice(
    remedy=(Remedy(RemedyScope.APPLICATION, msg("Where it is not meant, let one side listen and only the other connect.")),),
)

SYN_RETRANSMITTED = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Keep connections open and use them again, so that fewer requests wait for a handshake.")),
    ),
)

SYNACK_RETRANSMITTED = Advice(
    remedy=(
        Remedy(RemedyScope.HOST, msg("Look for loss between this listener and the clients named; single repetitions need no remedy.")),
    ),
)

ACCEPT_QUEUE_OVERFLOW = Advice(
    remedy=(
        application(msg("Accept faster: find what blocks the accept() loop (a lock, a full worker pool, no file descriptors left).")),
        on_socket(
            msg("Call listen() with a backlog of 4096: the limit is the smaller of it and net.core.somaxconn at the moment of listen()."),
            caution=msg("A longer queue covers bursts; behind an application that never catches up it only adds waiting."),
        ),
    ),
    do_not=(
        DoNot(msg("set tcp_abort_on_overflow=1: it turns waiting into resets")),
        DoNot(msg("raise only net.core.somaxconn: a running listener keeps its queue until listen() is called again")),
    ),
)

SOMAXCONN = sysctl(
    "somaxconn",
    4096,
    msg("A longer limit for backlogs; then call listen() again, for example by restarting the service."),
    valid=msg("Linux (4096 is the default since 5.4, 128 before)"),
    expect="TcpExt.ListenOverflows",
)

NO_ABORT_ON_OVERFLOW = sysctl(
    "tcp_abort_on_overflow",
    0,
    msg("Let clients wait and try again instead of resetting them."),
    valid=msg("Linux >= 2.4 (0 is the default)"),
    expect="TcpExt.EmbryonicRsts",
)

SYN_QUEUE_FULL = Advice(
    remedy=(
        on_socket(msg("Raise the backlog of listen().")),
        sysctl(
            "tcp_syncookies",
            1,
            msg("SYN cookies on: the listener then answers without holding a place for each SYN."),
            expect="TcpExt.TCPReqQFullDrop",
        ),
    ),
    do_not=(DoNot(msg("set tcp_syncookies=0 to keep TCP options: real clients are then dropped with the others")),),
)

SYNCOOKIE_SIDE_EFFECTS = Advice(
    remedy=(
        application(msg("Avoid the overflow: accept faster.")),
        on_socket(msg("Raise the backlog of listen().")),
    ),
    do_not=(DoNot(msg("set tcp_syncookies=0 to keep TCP options: real clients are then dropped with the others")),),
)

DEFER_ACCEPT_STALL = Advice(
    remedy=(on_socket(msg("Do not set TCP_DEFER_ACCEPT (nginx: deferred) for such a protocol.")),),
)

SYN_SENT_PILE = Advice(
    remedy=(
        application(msg("Give connect() a time limit of 3 to 5 s, and try another address of the service.")),
        application(msg("Let a circuit breaker stop new attempts while the destination is dead.")),
    ),
    do_not=(DoNot(msg("lower tcp_syn_retries for a whole host to get errors sooner: on lossy paths connections then fail without need")),),
)

REJECTED_LIVE = Advice(
    remedy=(
        application(msg("Check that clients mean this address, and let them try another one of the service.")),
        on_host(msg("Repair the route, or the host behind the router that sent the ICMP error (its source address).")),
        on_host(msg("Allow the connection in the packet filter that sent the ICMP error; its address is the error's source.")),
    ),
    do_not=(DoNot(msg("change TCP settings of the client: the network has answered with a final no")),),
)

SELF_CONNECT_LIVE = Advice(
    remedy=(
        application(msg("Behind connect() compare getsockname() with getpeername(), and close the socket where they are equal.")),
        application(msg("Move the service's port below 32768.")),
    ),
    do_not=(DoNot(msg("retry in a tight loop: the more attempts, the sooner the port meets itself")),),
)
