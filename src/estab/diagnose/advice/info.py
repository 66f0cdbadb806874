"""What to do, and what not, about `info.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice
from estab.diagnose.finding import DoNot
from estab.text import msg

OFFLOAD_SUPER_SEGMENTS = Advice(
    do_not=(DoNot(msg("take wrong checksums of packets that this host sent for a fault: the card fills them in later")),),
)
