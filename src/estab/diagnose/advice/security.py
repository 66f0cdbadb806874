"""What to do, and what not, about `security.*`; one text for captures and for live hosts."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application
from estab.text import msg

MD5_MISMATCH = Advice(
    remedy=(application(msg("The same key, and the same use of it, on both ends.")),),
)

MIN_TTL_DROP = Advice(
    remedy=(application(msg("Set the number of hops as it really is, on both ends.")),),
)

SOCKET_FILTER_DROP = Advice(
    remedy=(application(msg("Correct or detach the filter (SO_DETACH_FILTER).")),),
)
