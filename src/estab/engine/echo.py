"""What the peer's TSecr says: when this end sent what is being answered (RFC 7323 §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.isn import timestamp
from estab.instant import MILLISECOND_NS
from estab.seq import HALF, MASK

if TYPE_CHECKING:
    from estab.engine.tcb import Tcb
    from estab.wire.segment import Segment


def echoed_ns(tcb: Tcb, segment: Segment, now_ns: int) -> int | None:
    """When this end made the timestamp that the segment echoes, on the clock of `now_ns` in whole milliseconds; None without one.

    A zero TSecr comes from ends that echo before they have anything to echo (RFC 7323 §3.2).
    """
    if segment.tsval is None or not segment.tsecr or tcb.agreed is None or not tcb.agreed.timestamps:
        return None
    age_ms = (timestamp(now_ns, tcb.ts_offset) - segment.tsecr) & MASK
    if age_ms >= HALF:
        return None
    return (now_ns // MILLISECOND_NS - age_ms) * MILLISECOND_NS
