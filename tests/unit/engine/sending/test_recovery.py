from __future__ import annotations

from estab.snapshot import CongestionState
from tests.unit.engine.sending.line import Line

OPEN, DISORDER, CWR, RECOVERY, LOSS = CongestionState


def test_one_loss_is_repaired_while_new_data_flows_one_for_one() -> None:
    line = Line()
    line.write(10_000)
    for end in (2_001, 3_001, 4_001):
        sent = line.ack(1, (1_001, end), after=110 if end == 2_001 else 10)
    assert sent == ["R 1:1001"]
    assert (line.sender.ca_state, line.sender.cwnd, line.sender.ssthresh) == (RECOVERY, 7, 7)
    assert line.write(7_000, after=20) == []
    new = [line.ack(1, (1_001, end), after=10) for end in range(5_001, 11_001, 1_000)]
    assert [words for (words,) in new] == [f"{start}:{start + 1_000}" for start in range(10_001, 16_001, 1_000)]
    assert line.ack(10_001, after=20) == ["16001:17001"]
    assert (line.sender.ca_state, line.sender.cwnd, line.sender.ssthresh) == (OPEN, 7, 7)


def test_two_gaps_are_repaired_in_the_order_and_at_the_pace_of_linux() -> None:
    line = Line(rtt_ms=10)
    assert line.write(20_000) == ["1:10001"]
    expected = [
        (10, 1, (4_001, 5_001), ["10001:11001"]),  # limited transmit
        (2, 1, (4_001, 6_001), ["11001:12001"]),
        (2, 1, (4_001, 7_001), ["R 1:1001"]),
        (2, 1, (4_001, 8_001), ["R 1001:2001"]),
        (2, 1, (4_001, 9_001), ["R 2001:3001"]),
        (2, 1, (4_001, 10_001), ["R 3001:4001"]),
        (2, 1, (4_001, 11_001), ["12001:13001"]),  # conservation
        (2, 1, (4_001, 12_001), ["13001:14001"]),
        (10, 1_001, (4_001, 12_001), ["14001:16001"]),  # slow start back to ssthresh
        (2, 1_001, (2_001, 12_001), ["R 1001:2001", "16001:17001"]),
        (2, 1_001, (2_001, 13_001), ["17001:18001"]),
        (2, 1_001, (2_001, 14_001), ["18001:19001"]),
    ]
    for after, number, block, sent in expected:
        assert line.ack(number, block, after=after) == sent


def test_an_ack_that_was_overtaken_still_tells_by_its_sack() -> None:
    line = Line(rtt_ms=10)
    line.write(10_000)
    line.ack(1, (1_001, 2_001), after=10)
    line.ack(1, (1_001, 3_001))
    assert line.ack(1, (1_001, 3_001), (8_001, 9_001)) == ["R 1:1001"]
    assert line.ack(4_001, (8_001, 9_001), after=12) == ["R 4001:7001"]
    assert line.write(10_000) == []
    assert line.ack(3_001, (5_001, 7_001), after=2) == ["R 7001:8001", "10001:11001"]
    assert line.sender.snd_una == 4_001


def test_the_old_window_is_half_way_back_when_the_episode_ends() -> None:
    line = Line(rtt_ms=10)
    line.write(10_000)
    line.ack(1, (4_001, 5_001), after=10)
    line.ack(1, (4_001, 6_001), after=2)
    for end in (7_001, 8_001, 9_001, 10_001):
        line.ack(1, (4_001, end))
    for number in (1_001, 2_001, 3_001):
        line.ack(number, (4_001, 10_001), after=10 if number == 1_001 else 0)
    line.ack(10_001)
    assert line.write(10_000, after=10) == ["10001:17001"]


def test_reordering_is_not_taken_for_a_loss() -> None:
    for sack in (True, False):
        line = Line(sack=sack)
        assert line.write(15_000) == ["1:10001"]
        first, second = ([((1_001, 2_001),), ((1_001, 3_001),)]) if sack else ([(), ()])
        assert line.ack(1, *first, after=110) == ["10001:11001"]  # RFC 3042
        assert line.ack(1, *second, after=10) == ["11001:12001"]
        assert line.sender.ca_state is DISORDER
        assert line.ack(3_001, after=10) == ["12001:14001"]
        assert line.sender.ca_state is OPEN
        assert line.ack(5_001, after=20) == ["14001:15001"]


def test_the_last_byte_of_a_segment_is_no_report_of_it() -> None:
    line = Line()
    line.write(4_000)
    assert line.ack(1, (4_000, 4_001), after=100) == []
    assert line.sender.ca_state is OPEN
    assert line.wait(450) == [(104, ["R 3001:4001"]), (404, ["R 1:1001"])]
    assert line.ack(1_001, (4_000, 4_001)) == ["R 1001:3001"]
    assert line.ack(3_001, (4_000, 4_001), after=100) == ["R 3001:4001"]


def test_a_mark_reduces_the_window_once_in_a_round_trip() -> None:
    line = Line(ecn=True)
    line.write(4_000)
    line.ack(1_001, after=100, ece=True)
    # Linux 6.18: three in flight, one more for the progress, and one for what arrived.
    assert (line.sender.ca_state, line.sender.cwnd, line.sender.ssthresh) == (CWR, 5, 7)
    assert line.sender.info(line.now_ns)["delivered_ce"] == 1
    line.ack(2_001, ece=True)
    assert line.sender.ssthresh == 7
    line.write(3_000)
    line.ack(4_001, ece=True)
    assert line.sender.ca_state is CWR  # until what was sent after the reduction is acknowledged
    line.ack(7_001, after=100)
    assert (line.sender.ca_state, line.sender.cwnd) == (OPEN, 7)


def test_an_echo_means_nothing_to_a_connection_without_ecn() -> None:
    line = Line()
    line.write(4_000)
    line.ack(1_001, after=100, ece=True)
    assert line.sender.ca_state is OPEN


def test_a_receiver_that_takes_its_reports_back_gets_everything_again() -> None:
    line = Line()
    line.write(5_000)
    line.ack(1, (1_001, 5_001), after=100)
    line.ack(1_001, after=10)  # it had reported what lies behind, and acknowledges only up to there
    assert line.wait(60) == [(50, ["R 1001:2001"])]  # half of a round trip for its other ACKs
    assert line.sender.counters["TcpExt.TCPSACKReneging"] == 1
    assert line.sender.sacked_out == 0
    sent = line.ack(2_001, after=100)
    sent += line.ack(5_001, after=100)
    assert line.sender.packets_out == 0
