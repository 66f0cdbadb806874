"""What an interval tells of itself."""

from __future__ import annotations

from estab.history.interval import Crowd, Interval


def test_length_and_size() -> None:
    assert Interval(from_ns=3, to_ns=10).lasted_ns == 7
    assert Crowd("x", {"ESTABLISHED": 2, "TIME-WAIT": 3}).sockets == 5
