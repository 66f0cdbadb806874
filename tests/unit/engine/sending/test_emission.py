from __future__ import annotations

import pytest

from estab.engine.sending.buffer import OVERHEAD_BYTES
from estab.engine.sending.profile import SendingProfile
from tests.unit.engine.sending.line import Line

LARGE = SendingProfile(gso_max_bytes=65_536, min_tso_segments=10)


def pushes(line: Line) -> list[int]:
    """The ends of what left with PSH."""
    return [outgoing.end for outgoing in line.raw if outgoing.psh]


def test_the_initial_window_leaves_in_full_segments_and_the_last_of_a_write_is_pushed() -> None:
    line = Line()
    assert line.write(8_500) == ["1:8501"]
    assert [len(outgoing.payload) for outgoing in line.raw] == [1_000] * 8 + [500]
    assert pushes(line) == [8_501]


def test_bytes_leave_in_order_and_unchanged() -> None:
    line = Line()
    data = bytes(range(256)) * 100
    line.sender.write(data, line.now_ns)
    line.sent()
    received = b"".join(outgoing.payload for outgoing in line.raw)
    while len(received) < len(data):
        line.ack(1 + len(received), after=100)
        received += b"".join(outgoing.payload for outgoing in line.raw)
    assert received == data


def test_a_second_small_segment_waits_for_the_first_as_nagle_says() -> None:
    line = Line()
    assert line.write(100) == ["1:101"]
    assert line.write(100) == []
    assert line.write(100) == []
    assert line.ack(101, after=100) == ["101:301"]


def test_a_small_segment_behind_full_ones_does_not_wait_as_minshall_says() -> None:
    line = Line()
    assert line.write(2_000) == ["1:2001"]
    assert line.write(100) == ["2001:2101"]
    assert line.write(100) == []


def test_with_nodelay_nothing_waits() -> None:
    line = Line()
    line.sender.set_nodelay(True)
    assert [line.write(51), line.write(2_002), line.write(1)] == [["1:52"], ["52:2054"], ["2054:2055"]]


def test_a_cork_holds_small_segments_until_it_is_pulled() -> None:
    line = Line()
    line.sender.set_cork(True)
    assert [line.write(40), line.write(40, after=50)] == [[], []]
    line.sender.set_cork(False)
    assert line.sent() == ["1:81"]
    assert pushes(line) == [81]
    line.ack(81, after=10)
    line.sender.set_cork(True)
    assert line.write(2_100) == ["81:2081"]
    line.sender.set_nodelay(True)
    assert line.sent() == ["2081:2181"]


def test_more_to_come_holds_a_small_rest_until_the_next_write_or_ack() -> None:
    line = Line()
    line.sender.set_nodelay(True)
    assert [line.write(n, more=True) for n in (100, 160, 495)] == [[], [], []]
    assert line.write(5) == ["1:761"]
    assert pushes(line) == [761]
    line.ack(761, after=20)
    assert line.write(3_100, more=True) == ["761:3761"]
    assert pushes(line) == []
    assert line.write(50, more=True) == []
    assert line.ack(2_761, after=10) == ["3761:3911"]


def test_what_is_held_back_leaves_after_the_window_probe_s_wait_at_the_latest() -> None:
    line = Line(rtt_ms=10)
    line.sender.set_cork(True)
    line.write(40)
    assert line.wait(400) == [(212, ["1:41"])]
    assert pushes(line) == [41]


def test_a_segment_never_is_cut_to_fit_a_small_window() -> None:
    line = Line(window=2_500)
    assert line.write(2_600) == ["1:2001"]
    assert line.ack(2_001, after=100, window=599) == []
    assert line.ack(2_001, after=1, window=600) == ["2001:2601"]


def test_a_fin_goes_on_the_last_segment_and_is_not_held_back() -> None:
    line = Line()
    line.write(100)
    line.write(50)
    assert line.close() == ["101:151F"]
    assert pushes(line) == [152]
    line.ack(152, after=100)
    assert line.result.fin_acked and line.sender.fin_acked and not line.sender.has_data


def test_a_fin_of_its_own_carries_no_push_and_waits_for_the_window() -> None:
    line = Line(window=1_000)
    assert line.write(1_000) == ["1:1001"]
    assert line.close() == []
    assert line.ack(1_001, after=100) == ["1001:1001F"]
    assert pushes(line) == []


def test_the_urgent_mark_is_the_last_byte_written_urgently() -> None:
    line = Line()
    line.write(10)
    assert line.write(5, urgent=True) == ["11:16"]  # urgent data does not wait for Nagle
    assert line.raw[0].urgent_position == 15
    assert line.write(3) == ["16:19"]
    assert line.raw[0].urgent_position is None


def test_records_that_end_are_not_joined() -> None:
    line = Line()
    line.write(10_400)
    for _ in range(3):
        assert line.write(400, end_of_record=True) == []
    line.write(1_000)
    assert line.ack(10_001, after=1) == ["10001:12601"]
    assert [len(outgoing.payload) for outgoing in line.raw] == [800, 400, 400, 1_000]


def test_new_data_leaves_room_for_blocks_of_the_own_receiver() -> None:
    line = Line()
    line.sender.option_bytes = 12
    line.write(2_000)
    assert [len(outgoing.payload) for outgoing in line.raw] == [988, 988, 24]
    line.sender.option_bytes = 0
    line.write(2_000)
    assert [len(outgoing.payload) for outgoing in line.raw] == [1_000, 1_000]


def test_large_segments_hold_several_and_are_pushed() -> None:
    line = Line(profile=LARGE, window=100_000)
    assert line.write(30_000) == ["1:10001"]
    assert [(len(outgoing.payload), outgoing.segments, outgoing.psh) for outgoing in line.raw] == [(5_000, 5, True), (5_000, 5, True)]


def test_a_large_segment_waits_to_grow_while_acks_are_near() -> None:
    line = Line(profile=LARGE, window=100_000, rtt_ms=1)
    assert line.write(30_000) == ["1:10001"]
    assert line.ack(1_001, after=1) == []  # two of eleven could go
    assert line.ack(2_001) == ["10001:14001"]
    slow = Line(profile=LARGE, window=100_000, rtt_ms=100)
    slow.write(30_000)
    assert slow.ack(1_001, after=100) == ["10001:12001"]  # the last one left too long ago to wait for the next ACK


def test_an_ecn_connection_marks_new_data_and_answers_an_echo_once() -> None:
    line = Line(ecn=True)
    line.write(5_000)
    assert {outgoing.ect for outgoing in line.raw} == {True}
    line.ack(1_001, after=100, ece=True)
    answers = []
    for number in (2_001, 3_001, 4_001, 5_001):
        line.write(2_000)
        answers += [outgoing.cwr for outgoing in line.raw]
        line.ack(number, after=10, ece=True)
        answers += [outgoing.cwr for outgoing in line.raw]
    assert len(answers) > 3 and answers.index(True) == 0 and answers.count(True) == 1


@pytest.mark.parametrize(("written", "windows"), [(5, [10] * 3), (6, [12] * 3), (9, [12, 14, 16, 18, 18]), (10, [12, 14, 16, 18, 20])])
def test_the_window_grows_to_twice_of_what_was_used(written: int, windows: list[int]) -> None:
    line = Line(window=257 << 7, rtt_ms=0)
    line.write(written * 1_000)
    seen = []
    for number in [*range(2_001, written * 1_000, 2_000), written * 1_000 + 1]:
        line.ack(number, after=5)
        seen.append(line.sender.cwnd)
    assert seen == windows


def test_records_cut_with_a_small_mss_are_joined_when_it_has_grown() -> None:
    # Linux 6.18: half of the window was 500, then the window opened wider than it had ever been.
    line = Line(window=1_000)
    assert line.write(2_000) == ["1:1001"]
    assert [len(outgoing.payload) for outgoing in line.raw] == [500, 500]
    line.ack(1_001, after=10, window=0)
    line.ack(1_001, after=200, window=2_000)
    assert [len(outgoing.payload) for outgoing in line.raw] == [1_000]
    assert pushes(line) == [2_001]
    assert line.sender.wmem_bytes == 1_000 + OVERHEAD_BYTES
    line.ack(2_001, after=10)
    assert line.sender.wmem_bytes == 0
