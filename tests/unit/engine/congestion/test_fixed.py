from __future__ import annotations

from estab.engine.sending.profile import SendingProfile
from tests.unit.engine.sending.line import Line


def test_neither_arrivals_nor_losses_change_the_window() -> None:
    line = Line(congestion="fixed", profile=SendingProfile(initial_cwnd_segments=4))
    assert line.write(20_000) == ["1:4001"]
    assert line.ack(4_001, after=100) == ["4001:8001"]
    line.wait(400)
    line.ack(5_001, after=100)
    assert line.sender.cwnd == 4
    line.ack(8_001, after=100)
    assert line.sender.cwnd == 4 and line.sender.packets_out == 4
