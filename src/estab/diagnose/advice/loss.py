"""What to do, and what not, about `loss.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

HANDSHAKE_ACK = Advice(
    remedy=(
        Remedy(RemedyScope.HOST, msg("Single losses need no remedy; where there are many, look for loss from the clients to the server.")),
    ),
)

RETRANSMISSION = Advice(
    do_not=(
        DoNot(msg("switch congestion control to hide it: the packets are lost all the same")),
        DoNot(msg("turn SACK off (tcp_sack=0): repairing then takes a round trip for each lost segment")),
    ),
)

RTO = Advice(
    do_not=(
        DoNot(msg("lower the least timeout (tcp_rto_min_us) on paths outside your own data centre: late packets are then sent twice")),
    ),
)

RTO_BACKOFF = Advice(
    remedy=(
        Remedy(
            RemedyScope.SOCKET,
            msg("Set TCP_USER_TIMEOUT in the application (e.g. 30 s), so that an end that does not answer is noticed in time."),
            valid="Linux >= 2.6.37",
            caution=msg("Too short a limit ends connections that a short outage would not have hurt."),
        ),
    ),
    do_not=(DoNot(msg("set tcp_retries2 below 8: connections then break on outages of seconds (RFC 1122 asks for at least 100 s)")),),
)

SPURIOUS_RETRANSMISSION = Advice(
    remedy=(
        Remedy(
            RemedyScope.HOST,
            msg("Look for what delays packets for a moment: a queue that fills up, a radio link, a virtual machine that was stopped."),
        ),
    ),
    do_not=(DoNot(msg("turn F-RTO off (tcp_frto=0): it is what limits the harm of such timeouts")),),
)

TAIL_LOSS = Advice(
    do_not=(DoNot(msg("turn SACK off (tcp_sack=0): tail loss probes need it")),),
)
