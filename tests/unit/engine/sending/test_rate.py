from __future__ import annotations

from tests.unit.engine.sending.line import Line


def rate(line: Line) -> tuple[int, bool]:
    info = line.sender.info(line.now_ns)
    return info["delivery_rate_bytes_per_s"], info["delivery_rate_app_limited"]


def test_a_window_in_a_round_trip_is_its_rate() -> None:
    line = Line(rtt_ms=100)
    line.write(30_000)
    line.ack(10_001, after=100)
    assert rate(line) == (100_000, True)  # nothing was queued when the first of them were written
    line.ack(30_001, after=100)
    assert rate(line) == (200_000, False)


def test_what_the_application_did_not_fill_counts_only_if_it_is_faster() -> None:
    line = Line(rtt_ms=100)
    line.write(10_000)
    line.ack(10_001, after=100)
    assert rate(line) == (100_000, True)
    line.write(1_000)
    line.ack(11_001, after=100)
    assert rate(line) == (100_000, True)
    line.write(20_000)
    line.ack(31_001, after=100)
    assert rate(line)[0] == 200_000


def test_what_takes_less_than_the_smallest_round_trip_is_no_sample() -> None:
    line = Line(rtt_ms=100)
    line.write(1_000)
    line.sender.on_ack(1_001, seg_seq=1, seg_len=0, window=line.window, sack=(), tsecr_ns=None, ece=False, now_ns=line.now_ns + 100_000_000)
    before = rate(line)
    line.now_ns += 100_000_000
    line.write(2_000)
    line.ack(2_001, after=100)
    line.ack(3_001, after=0)
    assert rate(line)[0] >= before[0]


def test_delivered_counts_what_is_reported_out_of_order_at_once() -> None:
    line = Line()
    line.write(5_000)
    line.ack(1, (2_001, 4_001), after=100)
    assert line.sender.delivered == 2
    line.ack(5_001, after=1)
    assert line.sender.delivered == 5
