from __future__ import annotations

from estab.engine.sending.rack import reordering_window_us
from estab.snapshot import CongestionState
from tests.unit.engine.sending.line import Line


def test_a_segment_is_lost_a_quarter_of_the_smallest_round_trip_after_a_later_one_arrived() -> None:
    line = Line(rtt_ms=100)
    line.write(4_000)
    assert line.ack(1, (3_001, 4_001), after=100) == []
    assert line.wait(40) == [(28, ["R 1:1001"])]  # 25 ms and 2 of slack, in ticks of 4
    assert line.sender.lost_out == 3


def test_the_third_report_leaves_no_doubt_while_no_reordering_was_seen() -> None:
    line = Line(rtt_ms=100)
    line.write(5_000)
    line.ack(1, (1_001, 2_001), after=100)
    line.ack(1, (1_001, 3_001))
    assert line.ack(1, (1_001, 4_001)) == ["R 1:1001"]


def test_the_third_report_counts_for_nothing_if_the_knob_says_so() -> None:
    line = Line(rtt_ms=100, tcp_recovery=5)
    line.write(5_000)
    for end in (2_001, 3_001, 4_001):
        assert line.ack(1, (1_001, end), after=100 if end == 2_001 else 0) == []
    assert line.wait(40) == [(28, ["R 1:1001"])]


def test_where_reordering_was_seen_the_window_stays_in_recovery_too() -> None:
    line = Line(rtt_ms=100)
    line.write(10_000)
    line.ack(1, (4_001, 5_001), after=100)
    line.ack(1, (1_001, 2_001), (4_001, 5_001))
    assert line.sender.info(line.now_ns)["reord_seen"] == 1
    for end in (6_001, 7_001, 8_001):
        assert line.ack(1, (1_001, 2_001), (4_001, end)) == []
    assert reordering_window_us(line.sender) == 25_000


def test_dsacks_after_reordering_widen_the_window_and_a_fixed_one_stays() -> None:
    for knob, window_us in ((1, 50_000), (3, 25_000)):
        line = Line(rtt_ms=100, tcp_recovery=knob)
        line.write(10_000)
        line.ack(1, (4_001, 5_001), after=100)
        line.ack(1, (1_001, 2_001), (4_001, 5_001))  # reordering
        line.wait(30)  # what is missing counts as lost and is sent again
        assert line.sender.ca_state is CongestionState.RECOVERY
        line.ack(5_001, (1, 1_001), after=10)  # the first one had only been late
        line.ack(10_001, after=80)
        line.write(2_000)
        line.ack(12_001, after=100)
        assert reordering_window_us(line.sender) == window_us


def test_the_widened_window_lasts_sixteen_recoveries() -> None:
    line = Line(rtt_ms=100)
    line.write(1_000)
    line.ack(1_001, after=100)
    from estab.engine.sending.variables import trouble_of

    trouble = trouble_of(line.sender)
    trouble.reo_wnd_steps, trouble.reo_wnd_persist = 2, 16
    steps = []
    for _ in range(18):
        start = line.sender.snd_nxt
        line.sender.cwnd = 10
        line.write(5_000)
        line.ack(start, (start + 1_000, start + 5_000), after=100)
        line.wait(80)
        assert line.sender.ca_state is CongestionState.RECOVERY
        line.ack(start + 5_000, after=100)
        steps.append(trouble.reo_wnd_steps)
    assert steps[14:17] == [2, 2, 1]


def test_a_retransmission_that_is_lost_is_sent_again_when_something_sent_after_it_arrives() -> None:
    line = Line(rtt_ms=100)
    line.write(30_000)
    for end in (2_001, 3_001, 4_001):
        sent = line.ack(1, (1_001, end), after=100 if end == 2_001 else 1)
    assert sent == ["R 1:1001"]
    later = [line.ack(1, (1_001, end), after=1) for end in range(5_001, 11_001, 1_000)]
    assert ["12001:13001"] in later
    again = line.ack(1, (1_001, 13_001), after=100)
    assert again[0] == "R 1:1001"
    assert line.sender.counters["TcpExt.TCPLostRetransmit"] == 1


def test_an_ack_faster_than_any_round_trip_is_of_the_original() -> None:
    line = Line(rtt_ms=100)
    line.write(10_000)
    for end in (2_001, 3_001, 4_001):
        line.ack(1, (1_001, end), after=100 if end == 2_001 else 0)
    before = line.sender.rack_rtt_us
    line.ack(1_001, (1_001, 4_001), after=5)
    assert line.sender.rack_rtt_us == before


def test_the_time_of_the_last_arrival_decides_what_a_timeout_believes_lost() -> None:
    line = Line(rtt_ms=100)
    line.sender.set_nodelay(True)
    line.write(1_000)
    line.ack(1_001, after=100)
    line.write(1_000)  # lost
    line.wait(299)
    line.write(1_000)  # sent just before the timeout
    line.wait(2)
    assert line.sender.lost_out <= 2


def test_of_what_was_sent_at_one_instant_the_sequence_tells_what_was_sent_before() -> None:
    # RFC 8985 §6.2: RACK_sent_after breaks ties by sequence numbers; without a link's rate a whole flight has one time.
    line = Line()
    line.write(4_000)
    assert line.ack(1, (1_001, 2_001), after=100) == []
    assert line.wait(60) == [(28, ["R 1:1001"])]
    assert line.sender.lost_out == 1, "not the third and fourth, which were sent later than the second"
