"""Without RACK (tcp_recovery=0): losses by what lies above them (RFC 6675 §4)."""

from __future__ import annotations

from estab.engine.sending.entries import LOST
from estab.snapshot import CongestionState
from tests.unit.engine.sending.line import Line
from tests.unit.engine.sending.test_retransmit import entries


def lost(line: Line) -> list[int]:
    return [entry.start for entry in entries(line) if entry.marks & LOST]


def test_three_above_it_make_a_segment_lost_and_two_do_not() -> None:
    line = Line(tcp_recovery=0)
    line.write(10_000)
    assert line.ack(1, (2_001, 3_001), after=100) == []
    assert line.ack(1, (2_001, 3_001), (5_001, 6_001), after=1) == []
    assert lost(line) == []
    assert line.ack(1, (2_001, 3_001), (5_001, 6_001), (7_001, 8_001), after=1)[0] == "R 1:1001"
    # IsLost: 1 and 1001 have three above them, 3001 and 4001 only two.
    assert lost(line) == [1, 1_001]


def test_one_more_report_makes_the_next_hole_lost() -> None:
    line = Line(tcp_recovery=0)
    line.write(10_000)
    for blocks in (((2_001, 3_001),), ((2_001, 3_001), (5_001, 6_001)), ((2_001, 3_001), (5_001, 6_001), (7_001, 8_001))):
        line.ack(1, *blocks, after=50)
    line.ack(1, (2_001, 3_001), (5_001, 6_001), (7_001, 9_001), after=1)
    assert lost(line) == [1, 1_001, 3_001, 4_001]
    assert line.sender.ca_state is CongestionState.RECOVERY


def test_a_lone_late_report_waits_for_the_timeout_instead_of_a_reordering_window() -> None:
    line = Line(tcp_recovery=0)
    line.write(4_000)
    line.ack(1, (3_001, 4_001), after=100)
    assert [when for when, _ in line.wait(290)][:1] != [27]
