"""What to do, and what not, about `order.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, on_host
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

NETWORK_DUPLICATE = Advice(
    remedy=(
        on_host(msg("Look for two paths in layer 2: a loop without spanning tree, a bond whose peer is not set up as one.")),
        on_host(msg("Check mirror ports, bridges and bonding for loops and copies.")),
    ),
)

PAWS_DROP = Advice(
    remedy=(on_host(msg("Correct the device that merges or rewrites timestamps.")),),
    do_not=(DoNot(msg("set tcp_timestamps=0 except as a test: it loses PAWS, RTT quality and tcp_tw_reuse")),),
)
