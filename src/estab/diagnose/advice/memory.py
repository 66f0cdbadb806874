"""What to do, and what not, about `memory.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, on_socket
from estab.diagnose.finding import DoNot
from estab.text import msg

TCP_PRESSURE = Advice(
    remedy=(
        application(msg("Find the queues that grow: large Recv-Q means readers that do not read, large Send-Q means peers that do not.")),
        on_socket(msg("TCP_USER_TIMEOUT ends connections to peers that do not read.")),
    ),
    do_not=(DoNot(msg("raise tcp_mem first: the queues grow on, and other memory runs out")),),
)

SOCKET_BACKLOG_DROP = Advice(
    remedy=(application(msg("Read in smaller pieces and more often; spread over more connections.")),),
)
