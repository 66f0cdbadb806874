"""A cable that brings ACKs late for a while, in order: what the scenarios of timeouts for nothing share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.faults import Delay, FaultRule
from estab.lab.match import PURE_ACK
from estab.lab.units import span_ns

if TYPE_CHECKING:
    from estab.lab.stage import Pair

SINCE_MS, STEP_MS = 300, 5


def hold_back(net: Pair, late: str) -> None:
    """From 300 ms on nothing comes back until `late` has passed; what was held back then comes in the order in which it was sent."""
    late_ms = span_ns(late) // 1_000_000
    for waited_ms in range(0, late_ms, STEP_MS):
        since_ms = SINCE_MS + waited_ms
        rule = FaultRule(PURE_ACK, Delay(f"{late_ms - waited_ms}ms"), since=f"{since_ms}ms", until=f"{since_ms + STEP_MS}ms")
        net.link.add(rule, toward=net.client)
