"""What to do, and what not, about `timewait.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, on_host, sysctl
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

STALE_TUPLE = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Let the system choose the source port; do not bind a fixed one.")),
        Remedy(
            RemedyScope.SOCKET,
            msg(
                "At the server set SO_KEEPALIVE with TCP_KEEPIDLE 60, TCP_KEEPINTVL 10, TCP_KEEPCNT "
                "6, so that dead peers are found in two minutes."
            ),
            valid="Linux >= 2.4",
        ),
    ),
    do_not=(DoNot(msg("drop bare ACKs or RSTs of such exchanges in a firewall: the client would then wait for minutes")),),
)

TUPLE_REUSED = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Keep connections open and use them again; do not bind a fixed source port without need.")),
    ),
    do_not=(DoNot(msg("turn off tcp_timestamps: they are what makes this reuse safe")),),
)

NO_MEDICINE = (
    DoNot(msg("lower tcp_fin_timeout: it bounds FIN-WAIT-2, and TIME-WAIT stays at 60 s")),
    DoNot(msg("lower tcp_max_tw_buckets: sockets beyond it are dropped, and their peers get RST")),
    DoNot(msg("look for tcp_tw_recycle: it broke clients behind NAT and is gone since Linux 4.12")),
)
NO_LINGER = DoNot(msg("use SO_LINGER with 0 s to avoid TIME-WAIT: it resets connections and loses data"))
NOT_FOR_SERVERS = DoNot(msg("expect tcp_tw_reuse to help: it concerns outgoing connections, and these are incoming"))

PILEUP = Advice(
    remedy=(
        application(msg("Nothing has to be done about TIME-WAIT itself. To have less of it, keep connections open and use them again.")),
    ),
    do_not=NO_MEDICINE,
)

BUCKET_OVERFLOW = Advice(
    remedy=(
        application(msg("Keep connections open and use them again, so that fewer end here; let the other side close first where it may.")),
        sysctl(
            "tcp_max_tw_buckets",
            262144,
            msg("More room for TIME-WAIT; an entry takes a few hundred bytes."),
            valid="Linux >= 2.4",
            expect="TcpExt.TCPTimeWaitOverflow",
        ),
    ),
    do_not=(NO_MEDICINE[0],),
)

ASSASSINATION = Advice(
    remedy=(sysctl("tcp_rfc1337", 1, msg("Keep TIME-WAIT when a RST comes."), valid="Linux >= 2.2"),),
)

SYN_COLLISION = Advice(
    remedy=(on_host(msg("Let the NAT hold ports longer before it gives them to another client.")),),
    do_not=(DoNot(msg("set tcp_timestamps=0 except as a test: it loses PAWS, RTT quality and tcp_tw_reuse")),),
)
