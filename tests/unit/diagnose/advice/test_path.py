"""Advice about paths."""

from __future__ import annotations

from estab.diagnose.advice.path import refusing_route


def test_a_route_that_sends_nothing_on_is_named_as_it_is_deleted() -> None:
    (remedy,) = refusing_route("blackhole 10.2.0.0/16").remedy
    assert "ip route del blackhole 10.2.0.0/16;" in str(remedy.text) and not remedy.set
