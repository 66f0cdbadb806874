"""Advice, and what becomes of it at a host."""

from __future__ import annotations

from estab.diagnose.advice.declare import Advice, application, for_host, sysctl
from estab.diagnose.finding import RemedyScope
from estab.text import msg

RAISE = Advice(remedy=(application(msg("accept faster")), sysctl("somaxconn", 4096, msg("a longer queue"))))


def test_the_undo_is_what_the_host_has_now() -> None:
    told = for_host(RAISE, {"somaxconn": "333"}.get).remedy
    assert told[0].scope is RemedyScope.APPLICATION
    assert [str(value) for remedy in told for value in remedy.undo.values()] == ["333"]


def test_a_setting_that_the_host_has_already_is_no_remedy() -> None:
    assert len(for_host(RAISE, {"somaxconn": "4096"}.get).remedy) == 1
