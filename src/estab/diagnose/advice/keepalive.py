"""What to do, and what not, about `keepalive.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

UNANSWERED = Advice(
    remedy=(
        Remedy(
            RemedyScope.APPLICATION,
            msg("Reconnect when ETIMEDOUT comes; use a heartbeat of the protocol where the death must be found sooner."),
        ),
        Remedy(
            RemedyScope.SOCKET,
            msg("Set TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT for this socket: idle + interval x count is the time to find out."),
            valid="Linux >= 2.4",
        ),
    ),
    do_not=(DoNot(msg("raise the number of probes to keep the connection: it is dead already")),),
)
