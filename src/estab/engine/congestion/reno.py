"""Reno (RFC 5681): one segment more in each round trip, half after a loss.  It remembers nothing, so one object serves all."""

from __future__ import annotations

from estab.engine.congestion.base import CongestionControl


class Reno(CongestionControl):
    """See `CongestionControl`, whose defaults are Reno."""

    __slots__ = ()
    name = "reno"
