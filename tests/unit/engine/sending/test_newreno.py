from __future__ import annotations

from estab.engine.sending.newreno import add_duplicates, mark_all, remove_acked
from estab.snapshot import CongestionState
from tests.unit.engine.sending.line import Line


def test_the_third_duplicate_sends_the_front_again_and_partial_acks_the_next() -> None:
    """RFC 6582: segments 1 and 4 of ten are lost."""
    line = Line(sack=False)
    line.write(10_000)
    assert [line.ack(1, after=100 if number == 0 else 1) for number in range(3)] == [[], [], ["R 1:1001"]]
    states = [line.sender.ca_state]
    for _ in range(5):
        line.ack(1, after=1)
    assert line.ack(3_001, after=90) == ["R 3001:4001"]
    states.append(line.sender.ca_state)
    line.ack(10_001, after=100)
    line.write(1_000)
    line.ack(11_001, after=100)
    states.append(line.sender.ca_state)
    assert states == [CongestionState.RECOVERY, CongestionState.RECOVERY, CongestionState.OPEN]


def test_four_segments_without_sack() -> None:
    line = Line(sack=False, mss=1_460)
    line.write(5_840)
    assert [line.ack(1, after=100), line.ack(1), line.ack(1)] == [[], [], ["R 1:1461"]]
    line.ack(5_841, after=100)
    assert line.close(after=100) == ["5841:5841F"]


def test_duplicates_count_for_arrivals_but_never_for_more_than_was_sent() -> None:
    line = Line(sack=False)
    line.write(4_000)
    add_duplicates(line.sender, 2)
    assert (line.sender.sacked_out, line.sender.delivered) == (2, 2)
    add_duplicates(line.sender, 9)
    assert (line.sender.sacked_out, line.sender.delivered) == (3, 3)
    assert line.sender.info(line.now_ns)["reordering"] == 4


def test_a_cumulative_ack_eats_the_duplicates_it_covers() -> None:
    line = Line(sack=False)
    line.write(6_000)
    add_duplicates(line.sender, 3)
    line.sender.packets_out -= 3
    remove_acked(line.sender, 3)
    assert (line.sender.sacked_out, line.sender.delivered) == (1, 4)


def test_a_segment_with_data_and_a_window_update_are_no_duplicates() -> None:
    line = Line(sack=False)
    line.write(4_000)
    for number in range(6):
        assert line.ack(1, data=100, after=10) == []
        assert not line.result.is_duplicate
        assert line.ack(1, window=50_000 + number) == []
        assert not line.result.is_duplicate
    line.ack(1)
    assert line.result.is_duplicate


def test_all_is_lost_where_all_is_to_be_sent_again() -> None:
    line = Line(sack=False)
    line.write(4_000)
    mark_all(line.sender)
    assert line.sender.lost_out == 4
