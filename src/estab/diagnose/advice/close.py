"""What to do, and what not, about `close.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, on_host, on_socket
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

GIVE_UP_ORPHANS_SOONER = Remedy(
    RemedyScope.KERNEL,
    msg("On busy edge servers give up orphaned sockets sooner than after about 100 s."),
    set={"net.ipv4.tcp_orphan_retries": 3},
    undo={"net.ipv4.tcp_orphan_retries": 0},
    valid="Linux >= 2.2",
    caution=msg("Clients on paths with short outages lose the last of their data."),
)
NO_LINGER = DoNot(msg("use SO_LINGER 0 to be rid of such sockets: clients that are alive lose data"))

CLOSE_WAIT_LEAK = Advice(
    remedy=(
        Remedy(
            RemedyScope.APPLICATION,
            msg("Close the socket when recv() returns 0 bytes, on error paths too; find the code that holds it."),
        ),
        Remedy(
            RemedyScope.SOCKET,
            msg("Give reads and idle connections a time limit in the application, so that a forgotten socket is closed."),
            caution=msg("A limit shorter than honest pauses closes connections in use."),
        ),
    ),
    do_not=(
        DoNot(msg("rely on keepalive: it does not end CLOSE-WAIT while the peer's host answers")),
        DoNot(msg("lower tcp_fin_timeout: it bounds FIN-WAIT-2 of the other end")),
    ),
)

FIN_WAIT1_PILE = Advice(
    remedy=(
        Remedy(
            RemedyScope.SOCKET,
            msg("Set TCP_USER_TIMEOUT before close(), so that the FIN of a dead peer is given up in time."),
            valid="Linux >= 2.6.37",
        ),
        GIVE_UP_ORPHANS_SOONER,
    ),
    do_not=(NO_LINGER,),
)

FIN_WAIT2_STUCK = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Make the other side close; it holds the same connections in CLOSE-WAIT.")),
        Remedy(RemedyScope.APPLICATION, msg("Here: after shutdown(SHUT_WR) read with a time limit, then close().")),
        Remedy(
            RemedyScope.KERNEL,
            msg("Where closed sockets in FIN-WAIT-2 pile up, free them sooner."),
            set={"net.ipv4.tcp_fin_timeout": 30},
            undo={"net.ipv4.tcp_fin_timeout": 60},
            valid="Linux >= 2.2",
            caution=msg("It frees only sockets that no program holds; late data then meets a RST."),
        ),
    ),
    do_not=(DoNot(msg("lower tcp_fin_timeout to shorten TIME-WAIT: that lasts 60 s whatever it says")),),
)

FIN_WAIT2_HELD = Advice(
    remedy=tuple(remedy for remedy in FIN_WAIT2_STUCK.remedy if remedy.scope is RemedyScope.APPLICATION),
    do_not=(DoNot(msg("lower tcp_fin_timeout: it frees only sockets that no program holds")),),
)

LAST_ACK_PILE = Advice(
    remedy=(
        Remedy(
            RemedyScope.SOCKET,
            msg("Set TCP_USER_TIMEOUT, so that the last FIN of a dead peer is given up in time."),
            valid="Linux >= 2.6.37",
        ),
        GIVE_UP_ORPHANS_SOONER,
    ),
    do_not=(NO_LINGER,),
)

CLOSING_PILE = Advice(
    remedy=(on_host(msg("Look for loss in one direction.")),),
)

ORPHAN_LIMIT = Advice(
    remedy=(
        application(msg("Remove the cause of the pile: see close.fin_wait1_pile.")),
        on_socket(msg("TCP_USER_TIMEOUT bounds each connection.")),
        GIVE_UP_ORPHANS_SOONER,
    ),
    do_not=(DoNot(msg("raise tcp_max_orphans first: each orphan may hold up to about 64 KB that cannot be swapped")),),
)
