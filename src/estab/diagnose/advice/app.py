"""What to do, and what not, about `app.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, on_socket
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

CONNECTION_CHURN = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Keep connections open and use them again: HTTP keep-alive, a connection pool, or HTTP/2.")),
        Remedy(
            RemedyScope.APPLICATION,
            msg(
                "Give the pool a shorter idle time than the server has, so that the client never "
                "writes on a connection that the server closes."
            ),
        ),
    ),
    do_not=(DoNot(msg("use SO_LINGER with 0 s to avoid TIME-WAIT: it resets connections and loses data")),),
)

POOL_KEEPALIVE_RACE = Advice(
    remedy=(
        Remedy(
            RemedyScope.APPLICATION,
            msg("Order the idle timeouts: client pool shorter than load balancer, load balancer shorter than server."),
        ),
        Remedy(
            RemedyScope.APPLICATION,
            msg("Repeat requests that may be repeated when a reused connection fails before the first byte of the answer."),
        ),
    ),
    do_not=(DoNot(msg("switch off connection reuse: each request then pays for a handshake")),),
)

SMALL_PACKETS = Advice(
    remedy=(Remedy(RemedyScope.APPLICATION, msg("Write a message as a whole: a buffered writer, writev, or TCP_CORK around the pieces.")),),
)

FD_LIMIT = Advice(
    remedy=(
        application(msg("Find the leak; keep one spare descriptor to accept and close with.")),
        application(msg("Then raise LimitNOFILE of the service."), caution=msg("Raising the limit only delays a leak.")),
    ),
)

THUNDERING_RECONNECT = Advice(
    remedy=(
        application(msg("Growing waits with full jitter, and a cap; move clients over in steps.")),
        on_socket(msg("A larger backlog of listen().")),
    ),
)
