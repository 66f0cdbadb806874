"""Two readings of this host."""

from __future__ import annotations

import pytest

from estab.instant import MILLISECOND_NS
from estab.live.watching import read_twice


def test_the_readings_are_apart_by_the_wait() -> None:
    waited: list[tuple[int, int]] = []
    readings = read_twice(None, 150 * MILLISECOND_NS, lambda so_far, whole: waited.append((so_far, whole)))
    assert readings.interval_ns >= 150 * MILLISECOND_NS and not readings.cut_short
    assert readings.after.taken_ns > readings.before.taken_ns
    assert waited and all(whole == 150 * MILLISECOND_NS for _, whole in waited)


def test_ctrl_c_ends_the_wait_and_not_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        del seconds
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    readings = read_twice(None, 3600 * 10**9, lambda *_: None)
    assert readings.cut_short and readings.after.counters
