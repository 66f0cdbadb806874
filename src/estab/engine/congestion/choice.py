"""Congestion controls by name (net.ipv4.tcp_available_congestion_control)."""

from __future__ import annotations

from estab.engine.congestion.base import CongestionControl
from estab.engine.congestion.bbr import Bbr
from estab.engine.congestion.cubic import Cubic
from estab.engine.congestion.fixed import Fixed
from estab.engine.congestion.reno import Reno

_SHARED: dict[str, CongestionControl] = {"reno": Reno(), "fixed": Fixed()}
AVAILABLE = ("reno", "cubic", "bbr")
"""What a user may choose."""


def make(name: str) -> CongestionControl:
    """The algorithm of this name for one connection; KeyError for one that does not exist."""
    shared = _SHARED.get(name)
    if shared is not None:
        return shared
    return {"cubic": Cubic, "bbr": Bbr}[name]()
