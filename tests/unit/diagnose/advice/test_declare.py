"""Advice, and what becomes of it at a host."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    ("name", "wanted", "now", "kept"),
    [
        ("tcp_retries2", 8, "15", True), ("tcp_retries2", 8, "5", False), ("tcp_syn_retries", 3, "1", False),
        ("tcp_orphan_retries", 3, "0", True), ("tcp_orphan_retries", 3, "7", True), ("tcp_orphan_retries", 3, "1", False),
        ("tcp_max_tw_buckets", 262144, "5", True), ("tcp_tw_reuse", 1, "0", True),
    ],
)  # fmt: skip
def test_a_host_that_has_gone_further_is_not_sent_back(name: str, wanted: int, now: str, kept: bool) -> None:
    advice = Advice(remedy=(sysctl(name, wanted, msg("a better value")),))
    assert bool(for_host(advice, {name: now}.get).remedy) is kept
