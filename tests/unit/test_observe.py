"""This host, looked at once and watched."""

from __future__ import annotations

import threading

import pytest

from estab.instant import MILLISECOND_NS
from estab.observe import HostRequest, analyse_host, watch_host
from tests.unit.report.host_analyses import reading

SHORT_NS = 20 * MILLISECOND_NS


def test_one_interval() -> None:
    analysis = analyse_host(HostRequest(only=frozenset()), SHORT_NS)
    assert not analysis.partial and analysis.facts.interval_ns >= SHORT_NS and analysis.diagnosis.findings == ()


def test_intervals_until_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    leaks = iter([30, 30, 30, 0, 0, 0])
    monkeypatch.setattr("estab.live.watching.take_snapshot", lambda *_, **__: reading(0, next(leaks)))
    stopped = threading.Event()
    told = []
    for interval in watch_host(HostRequest(), SHORT_NS, stopped):
        told.append([(change.kind.value, change.finding.code) for change in interval.changes])
        if interval.number == 4:
            stopped.set()
    assert ("appeared", "close.close_wait_leak") in told[0] and told[1] == [] and told[2] == []
    assert ("ended", "close.close_wait_leak") in told[3] and len(told) == 4


def test_an_interval_that_is_cut_short_is_left_out() -> None:
    stopped = threading.Event()
    assert list(watch_host(HostRequest(), 3600 * 10**9, stopped, lambda *_: stopped.set())) == []
