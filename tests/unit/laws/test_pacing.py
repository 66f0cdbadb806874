from __future__ import annotations

from estab.laws.pacing import burst_segments, duration_ns, window_rate


def test_a_window_is_spread_over_half_a_round_trip_in_slow_start_and_a_little_less_than_one_afterwards() -> None:
    srtt8_us = 100_000 * 8
    assert window_rate(1_000, 10, 5, srtt8_us, ssthresh=1_000) == 200_000
    assert window_rate(1_000, 10, 5, srtt8_us, ssthresh=10) == 120_000
    assert window_rate(1_000, 10, 20, srtt8_us, ssthresh=10) == 240_000  # more is under way than the window says


def test_bytes_take_time_at_a_rate_and_none_without() -> None:
    assert duration_ns(1_500, 12_500_000) == 120_000
    assert duration_ns(1_500, 0) == 0


def test_a_large_segment_is_a_millisecond_long_within_its_bounds() -> None:
    assert burst_segments(1_024 * 10_000, 1_000, 65_536, 2) == 10
    assert burst_segments(1_000, 1_000, 65_536, 2) == 2
    assert burst_segments(1 << 40, 1_000, 65_536, 2) == 65
