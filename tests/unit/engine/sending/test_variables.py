from __future__ import annotations

from estab.engine.sending.variables import in_flight, is_urgent, reordering_of, trouble_of, window_end
from tests.unit.engine.sending.line import Line


def test_what_arrived_and_what_is_lost_is_not_in_flight_and_what_was_sent_again_is() -> None:
    line = Line()
    line.write(10_000)
    assert in_flight(line.sender) == 10
    for end in (2_001, 3_001, 4_001):
        line.ack(1, (1_001, end), after=100)
    # 10 sent, 3 reported, 1 lost and sent again.
    assert (line.sender.packets_out, line.sender.sacked_out, line.sender.lost_out, line.sender.retrans_out) == (10, 3, 1, 1)
    assert in_flight(line.sender) == 7


def test_troubles_are_remembered_from_the_first_one_on() -> None:
    line = Line(tcp_reordering=5)
    assert line.sender.trouble is None and reordering_of(line.sender) == 5
    assert trouble_of(line.sender) is trouble_of(line.sender) is line.sender.trouble


def test_the_window_ends_behind_what_is_acknowledged() -> None:
    line = Line(window=5_000)
    line.write(3_000)
    line.ack(2_001, after=100, window=4_000)
    assert window_end(line.sender) == 6_001


def test_urgent_until_it_is_acknowledged() -> None:
    line = Line()
    assert not is_urgent(line.sender)
    line.write(10, urgent=True)
    assert is_urgent(line.sender)
    line.ack(11, after=100)
    assert not is_urgent(line.sender)
