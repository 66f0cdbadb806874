"""Readings of this host, one after the other."""

from __future__ import annotations

import threading

import pytest

from estab.instant import MILLISECOND_NS
from estab.live.watching import HostReader

HOUR_NS = 3600 * 10**9


def test_the_readings_are_apart_by_the_wait() -> None:
    waited: list[tuple[int, int]] = []
    readings = HostReader(None).next(150 * MILLISECOND_NS, lambda so_far, whole: waited.append((so_far, whole)))
    assert readings.interval_ns >= 150 * MILLISECOND_NS and not readings.cut_short
    assert readings.after.taken_ns > readings.before.taken_ns
    assert waited and all(whole == 150 * MILLISECOND_NS for _, whole in waited)


def test_the_later_reading_is_the_earlier_one_of_the_next_interval() -> None:
    reader = HostReader(None)
    first = reader.begin()
    one, other = (reader.next(MILLISECOND_NS, lambda *_: None) for _ in range(2))
    assert one.before is first and other.before is one.after and other.from_ns == one.to_ns


def test_ctrl_c_ends_the_wait_and_not_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        del seconds
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    readings = HostReader(None).next(HOUR_NS, lambda *_: None)
    assert readings.cut_short and readings.after.counters


def test_an_event_ends_the_wait() -> None:
    stopped = threading.Event()
    readings = HostReader(None, stopped=stopped).next(HOUR_NS, lambda *_: stopped.set())
    assert readings.cut_short and readings.after.counters
