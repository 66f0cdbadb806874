"""The memory that all TCP sockets of a host use together, against the three values of `tcp_mem` (net/core/sock.c).

Counted in pages, as the kernel does.  Above the second value the host is under pressure until it falls below the first; what would go
above the third is refused.
"""

from __future__ import annotations

from estab.engine.counters import Counters
from estab.knobs.values import KnobValues

PAGE_BYTES = 4096
OVERHEAD_BYTES = 256
"""What a buffer costs beside its payload (a `sk_buff`)."""


def pages_of(payload_bytes: int) -> int:
    """The pages that a socket with so much queued payload holds."""
    return 0 if payload_bytes <= 0 else (payload_bytes + OVERHEAD_BYTES + PAGE_BYTES - 1) // PAGE_BYTES


class TcpMemory:
    """The account of one host."""

    __slots__ = ("_counters", "_high", "_low", "_pressure", "_pressure_since_ns", "is_under_pressure", "pages")

    def __init__(self, knobs: KnobValues, counters: Counters) -> None:
        self.configure(knobs)
        self._counters = counters
        self._pressure_since_ns = 0
        self.pages = 0
        self.is_under_pressure = False

    def configure(self, knobs: KnobValues) -> None:
        """Take the three values from these settings."""
        low, pressure, high = (int(pages) for pages in knobs.tcp_mem)
        self._low, self._pressure, self._high = low, pressure, high

    @property
    def is_exhausted(self) -> bool:
        """Above the third value: nothing more may be queued."""
        return self.pages > self._high

    def charge(self, pages: int, now_ns: int) -> None:
        """A socket holds so many pages more (or fewer)."""
        self.pages += pages
        if not self.is_under_pressure and self.pages > self._pressure:
            self.is_under_pressure = True
            self._pressure_since_ns = now_ns
            self._counters.add("TcpExt.TCPMemoryPressures")
        elif self.is_under_pressure and self.pages <= self._low:
            self.is_under_pressure = False
            self._counters.add("TcpExt.TCPMemoryPressuresChrono", max(1, (now_ns - self._pressure_since_ns) // 1_000_000))
