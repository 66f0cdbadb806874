from __future__ import annotations

from estab.engine.sending.outgoing import Action
from estab.engine.sending.profile import SendingProfile
from tests.unit.engine.sending.line import Line


def test_a_largest_rate_spreads_segments_over_time() -> None:
    line = Line()
    line.sender.set_max_pacing_rate(100_000)  # one segment of 1000 bytes in 10 ms
    line.write(10_000)
    line.ack(10_001, after=100)
    line.write(5_000)
    # The pause before gives credit for half of the first one's time.
    assert line.wait(34) == [(5, ["11001:12001"]), (15, ["12001:13001"]), (25, ["13001:14001"])]
    assert line.verdict.action is Action.PACED
    assert line.sender.info(line.now_ns)["max_pacing_rate_bytes_per_s"] == 100_000


def test_a_paced_connection_spreads_its_window_over_the_round_trip() -> None:
    line = Line(profile=SendingProfile(pacing=True))
    line.write(40_000)
    line.ack(10_001, after=100)
    sent = line.wait(100)
    # 20 segments in slow start at twice the window in a round trip: one in 2.5 ms.
    assert len(sent) >= 15
    assert sent[-1][0] <= 60
    assert all(len(words) == 1 for _, words in sent)


def test_without_anyone_asking_nothing_is_paced() -> None:
    line = Line()
    line.write(40_000)
    assert line.ack(10_001, after=100) == ["10001:30001"]
    assert line.sender.pacing is None
    assert line.sender.info(line.now_ns)["pacing_rate_bytes_per_s"] == 2 * 20_000 * 10


def test_what_is_lost_waits_for_its_turn_too() -> None:
    line = Line(rtt_ms=20)
    line.write(10_000)
    line.sender.set_max_pacing_rate(100_000)
    line.ack(1_001, after=20)
    first = [line.ack(1_001, (4_001, end)) for end in range(5_001, 11_001, 1_000)]
    again = line.wait(25)
    assert [words for words in first if words] == [["R 1001:2001"]]
    assert [words for _, words in again] == [["R 2001:3001"], ["R 3001:4001"]]
