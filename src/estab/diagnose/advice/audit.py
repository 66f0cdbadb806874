"""What to do, and what not, about `audit.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, sysctl
from estab.text import msg

TW_REUSE = Advice(
    remedy=(
        application(msg("Reuse connections first.")),
        sysctl("tcp_tw_reuse", 1, msg("Let outgoing connections take ports in TIME-WAIT; it needs timestamps at both ends.")),
    ),
)

NOTHING = Advice(
    remedy=(
        application(msg("Nothing has to be done about TIME-WAIT itself. To have less of it, keep connections open and use them again.")),
    ),
)
