from __future__ import annotations

from estab.engine.sending.outgoing import Action
from estab.engine.sending.variables import RETRANSMIT
from estab.snapshot import CongestionState
from tests.unit.engine.sending.line import Line


def test_what_is_missing_when_the_window_has_passed_is_repaired_one_for_one() -> None:
    """The ACKs and what Linux 6.18 sends and counts for them."""
    line = Line(window=1_024 << 7)
    line.write(10_000)
    line.ack(1, (7_001, 8_001), after=100)
    assert line.wait(28) == [(28, ["R 1:1001"])]
    assert line.verdict.action is Action.REORDER_WAITED
    assert (line.sender.ca_state, line.sender.lost_out) == (CongestionState.RECOVERY, 7)
    assert line.sender.timer_kind == RETRANSMIT
    assert line.ack(1, (3_001, 4_001), (7_001, 8_001), after=2) == ["R 1001:2001"]
    assert (line.sender.lost_out, line.sender.info(line.now_ns)["reordering"]) == (6, 5)
    assert line.ack(1, (3_001, 5_001), (7_001, 8_001), after=2) == ["R 2001:3001"]
    assert line.sender.lost_out == 5


def test_without_reordering_each_report_lets_the_next_one_out() -> None:
    line = Line(window=1_024 << 7)
    line.write(10_000)
    line.ack(1, (7_001, 8_001), after=100)
    line.wait(28)
    sent = []
    for blocks in (((5_001, 6_001), (7_001, 8_001)), ((5_001, 8_001),), ((5_001, 9_001),), ((5_001, 10_001),)):
        sent += line.ack(1, *blocks)
    assert sent == ["R 1001:2001", "R 2001:3001", "R 3001:4001", "R 4001:5001"]
    assert line.sender.info(line.now_ns)["reordering"] == 3


def test_nothing_happens_where_everything_has_arrived_meanwhile() -> None:
    line = Line()
    line.write(4_000)
    line.ack(1, (3_001, 4_001), after=100)
    line.ack(4_001, after=10)
    assert line.wait(100) == []
    assert line.sender.deadline() is None
