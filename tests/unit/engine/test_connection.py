from __future__ import annotations

import inspect

from estab.engine.connection import Connection


def test_time_is_an_argument_of_whatever_needs_it() -> None:
    arrivals = ("handle_segment", "handle_icmp", "handle_deadline", "write", "read", "close", "abort", "poll_transmit", "info")
    assert all("now_ns" in inspect.signature(getattr(Connection, name)).parameters for name in arrivals)
