"""What to do, and what not, about `order.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice
from estab.diagnose.finding import DoNot, Remedy, RemedyScope
from estab.text import msg

OUT_OF_ORDER = Advice(
    remedy=(
        Remedy(
            RemedyScope.HOST,
            msg("Spread load by flow, not by packet: the hashing of ECMP and bonds, one receive queue for a connection (RSS)."),
        ),
    ),
    do_not=(DoNot(msg("lower tcp_reordering: more late packets are then taken for lost")),),
)
