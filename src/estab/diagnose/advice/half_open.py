"""What to do, and what not, about `half_open.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, on_socket
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

PEER_RESTARTED = Advice(
    remedy=(
        Remedy(
            RemedyScope.APPLICATION,
            msg("Reconnect with growing, random waits; check pooled connections before use, repeat only what may be repeated."),
        ),
        Remedy(
            RemedyScope.SOCKET,
            msg("Set SO_KEEPALIVE with TCP_KEEPIDLE 60 where a side only waits, so that it learns of the restart."),
            valid="Linux >= 2.4",
        ),
    ),
    do_not=(DoNot(msg("reconnect at once and all together: the restarted host is flooded with SYNs")),),
)

PEER_VANISHED = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Give each request a time limit, and long connections a heartbeat that expects an answer.")),
        Remedy(
            RemedyScope.SOCKET,
            msg("Set TCP_USER_TIMEOUT, for example 30 000 ms; with SO_KEEPALIVE it also ends idle connections."),
            valid="Linux >= 2.6.37",
            caution=msg("It also ends connections to readers that are slow but honest."),
        ),
        Remedy(
            RemedyScope.KERNEL,
            msg("Give up after about 100 s instead of 15 minutes."),
            set={"net.ipv4.tcp_retries2": 8},
            undo={"net.ipv4.tcp_retries2": 15},
            valid="Linux >= 2.2",
            caution=msg("It holds for all connections of the host; RFC 1122 asks for at least 100 s."),
        ),
    ),
    do_not=(DoNot(msg("lower tcp_retries2 below 8 for the whole host: short outages on mobile or roaming paths then end sessions")),),
)

SUSPECTED = Advice(
    remedy=(
        application(msg("A heartbeat, and an idle timeout at the server.")),
        on_socket(msg("SO_KEEPALIVE with TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT.")),
    ),
    do_not=(DoNot(msg("change tcp_keepalive_time alone: it does nothing for sockets without SO_KEEPALIVE")),),
)
