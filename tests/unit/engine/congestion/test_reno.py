from __future__ import annotations

from estab.engine.congestion.reno import Reno
from tests.unit.engine.sending.line import Line


def test_a_loss_halves_the_window_and_avoidance_follows() -> None:
    line = Line(congestion="reno")
    assert isinstance(line.sender.congestion, Reno)
    line.write(10_000)
    for end in (2_001, 3_001, 4_001):
        line.ack(1, (1_001, end), after=50)
    line.ack(10_001, after=100)
    assert (line.sender.cwnd, line.sender.ssthresh) in {(5, 5), (6, 5)}


def test_connections_share_what_remembers_nothing() -> None:
    assert Line(congestion="reno").sender.congestion is Line(congestion="reno").sender.congestion
