from __future__ import annotations

from tests.unit.engine.sending.line import Line


def test_the_handshake_gives_the_first_estimate() -> None:
    line = Line(rtt_ms=100)
    assert (line.sender.rto_ns, line.sender.smallest_rtt_us) == (300_000_000, 100_000)
    assert Line(rtt_ms=0).sender.rto_ns == 1_000_000_000


def test_a_segment_sent_again_is_not_measured_without_timestamps() -> None:
    line = Line(rtt_ms=100, sack=False)
    line.write(1_000)
    line.wait(300)
    line.ack(1_001, after=500)
    assert line.sender.estimate.srtt8_us >> 3 == 100_000


def test_the_echo_measures_what_was_sent_again() -> None:
    line = Line(rtt_ms=100, sack=False)
    line.write(1_000)
    line.wait(300)  # sent again 300 ms after the write
    line.ack(1_001, after=180, echo_ms=300)
    assert line.sender.estimate.srtt8_us >> 3 == 110_000


def test_the_smallest_round_trip_is_forgotten_after_five_minutes() -> None:
    line = Line(rtt_ms=10)
    for _ in range(8):
        line.write(1_000, after=50_000)
        line.ack(line.sender.snd_nxt, after=30)
    assert line.sender.smallest_rtt_us == 30_000


def test_a_delayed_ack_of_a_lone_small_segment_does_not_raise_the_smallest() -> None:
    line = Line(rtt_ms=10)
    line.write(1_000)
    line.ack(1_001, after=10)
    for _ in range(9):
        line.write(10, after=50_000)
        line.ack(line.sender.snd_nxt, after=50)
    # A lone full segment would have moved it to 50 ms.
    assert line.sender.smallest_rtt_us == 10_000


def test_a_backed_off_timeout_comes_back_with_the_first_good_sample() -> None:
    line = Line(rtt_ms=100, sack=False)
    line.write(1_000)
    line.wait(950)
    assert line.sender.rto_ns == 1_200_000_000 and line.sender.backoff == 2
    line.ack(1_001)
    assert line.sender.rto_ns == 1_200_000_000
    line.write(1_000)
    line.ack(2_001, after=100)
    assert line.sender.rto_ns == 300_000_000 and line.sender.backoff == 0
