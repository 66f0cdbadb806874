"""What to do, and what not, about `flow.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, on_socket
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

BDP_LIMITED = Advice(
    remedy=(
        Remedy(RemedyScope.SOCKET, msg("Do not set SO_RCVBUF: the kernel then lets the window grow up to the limit of tcp_rmem.")),
        Remedy(
            RemedyScope.KERNEL,
            msg("At the receiver raise the third value of net.ipv4.tcp_rmem above bandwidth times round trip."),
            set={"net.ipv4.tcp_rmem": "4096 131072 33554432"},
            undo={"net.ipv4.tcp_rmem": "4096 131072 6291456"},
            valid="Linux >= 2.6.17",
            caution=msg("Each connection may then hold that much memory; note the old value first."),
        ),
    ),
    do_not=(DoNot(msg("raise net.core.rmem_max alone: it does not limit the automatic growth")),),
)

RECEIVER_LIMITED = Advice(
    remedy=(
        Remedy(
            RemedyScope.APPLICATION,
            msg("Let the application read faster: larger reads, a thread of its own, no waiting between reads."),
        ),
        Remedy(RemedyScope.SOCKET, msg("Do not set SO_RCVBUF: a fixed small buffer turns the automatic growth of the window off.")),
    ),
    do_not=(DoNot(msg("raise tcp_rmem to cure a slow reader: the buffer fills all the same, only later")),),
)

ZERO_WINDOW = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Find what the reading side waits for: a lock, a slow disk, a full queue of its own.")),
        Remedy(
            RemedyScope.SOCKET,
            msg("At the sender set TCP_USER_TIMEOUT, so that a reader that hangs for ever is given up."),
            valid="Linux >= 2.6.37",
            caution=msg("It also ends connections to readers that are slow but honest."),
        ),
    ),
    do_not=(DoNot(msg("raise tcp_rmem: a larger buffer fills as well, only later")),),
)

RECEIVE_BACKLOG = Advice(
    remedy=(application(msg("Give reading its own threads; find what the owner waits for.")),),
    do_not=(DoNot(msg("raise tcp_rmem: a larger buffer fills as well, only later")),),
)

RCVBUF_PRUNED = Advice(
    remedy=(
        application(msg("Read faster; let the sender write larger pieces.")),
        on_socket(msg("Do not set SO_RCVBUF: it switches autotuning off.")),
    ),
    do_not=(DoNot(msg("raise net.core.rmem_max alone: it does not limit the automatic growth")),),
)

SEND_BUFFER = Advice(
    remedy=(on_socket(msg("Do not set SO_RCVBUF and SO_SNDBUF.")),),
    do_not=(DoNot(msg("raise net.core.wmem_max alone: it does not limit the automatic growth")),),
)
