"""What to do, and what not, about `attack.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice
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
