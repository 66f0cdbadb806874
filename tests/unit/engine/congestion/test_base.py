from __future__ import annotations

import pytest

from estab.engine.congestion.base import CongestionControl
from tests.unit.engine.sending.line import Line


def test_the_defaults_are_reno_s() -> None:
    line = Line(congestion="reno")
    line.write(30_000)
    line.ack(10_001, after=100)
    assert line.sender.cwnd == 20
    line.sender.ssthresh = 20
    line.write(30_000)
    for number in range(11_001, 31_001, 1_000):
        line.ack(number, after=5)
    assert line.sender.cwnd == 21
    assert line.sender.congestion.threshold(line.sender) == 10


def test_a_window_that_is_not_used_does_not_grow() -> None:
    line = Line(congestion="reno")
    line.sender.ssthresh = 5
    for _ in range(30):
        line.write(1_000)
        line.ack(line.sender.snd_nxt, after=100)
    assert line.sender.cwnd == 10


def test_a_window_that_is_taken_back_is_the_larger_of_both() -> None:
    line = Line(congestion="reno")
    assert line.sender.congestion.undone(line.sender) == 10
    line.write(10_000)
    for end in (2_001, 3_001, 4_001):
        line.ack(1, (1_001, end), after=50)
    assert line.sender.cwnd < 10
    assert line.sender.congestion.undone(line.sender) == 10


def test_one_without_a_model_has_none() -> None:
    line = Line()
    with pytest.raises(NotImplementedError):
        CongestionControl().model(line.sender, None, 0)  # type: ignore[arg-type]
