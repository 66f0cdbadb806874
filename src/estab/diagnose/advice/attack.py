"""What to do, and what not, about `attack.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, on_host, sysctl
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

BLIND_RST = Advice(
    remedy=(
        Remedy(RemedyScope.APPLICATION, msg("Keep the source port unpredictable: do not bind a fixed one.")),
        Remedy(
            RemedyScope.SOCKET,
            msg("Protect long-lived sessions with TCP-AO (or MD5 where nothing else is known) or IPsec; TLS does not stop a RST."),
        ),
        Remedy(RemedyScope.HOST, msg("Drop forged source addresses at the border (BCP 38).")),
    ),
    do_not=(DoNot(msg("switch off challenge ACKs, or drop all RSTs in the packet filter: real resets are needed")),),
)

BLIND_SYN = Advice(
    remedy=(
        Remedy(
            RemedyScope.SOCKET,
            msg("Protect long-lived sessions with TCP-AO (or MD5 where nothing else is known) or IPsec; TLS does not stop a RST."),
        ),
        Remedy(RemedyScope.HOST, msg("Drop forged source addresses at the border (BCP 38).")),
    ),
    do_not=(DoNot(msg("switch off challenge ACKs: without them the SYN would have ended the connection")),),
)

PORT_SCAN = Advice(
    remedy=(
        application(msg("Outbound: find the owner process and stop it if nobody knows it.")),
        on_host(msg("Inbound: filter what should not be reachable.")),
    ),
    do_not=(DoNot(msg("start services on the refused ports: nobody needs them")),),
)

SYN_FLOOD_LIVE = Advice(
    remedy=(
        application(msg("Give listen() a backlog of 4096, so that the SYN queue is as long, and restart the listener.")),
        sysctl(
            "tcp_syncookies",
            1,
            msg("SYN cookies on: the listener then answers without holding a place for each SYN."),
            caution=msg("Connections opened by a cookie keep window scaling and SACK only where the client uses timestamps."),
            expect="TcpExt.TCPReqQFullDrop",
        ),
        on_host(msg("Filter upstream: SYN proxy at the border, source address validation (BCP 38) at the provider.")),
    ),
    do_not=(
        DoNot(msg("set tcp_syncookies=0 to keep TCP options: real clients are then dropped with the others")),
        DoNot(msg("block the source addresses one by one: they are forged")),
    ),
)
