from __future__ import annotations

from estab.laws import hystart


def test_an_eighth_more_delay_counts_within_4_and_16_milliseconds() -> None:
    assert not hystart.delay_grew(14_000, 10_000)
    assert hystart.delay_grew(14_001, 10_000)
    assert not hystart.delay_grew(225_000 - 9_000, 200_000)
    assert hystart.delay_grew(216_001, 200_000)
    assert hystart.delay_grew(90_001, 80_000)
    assert not hystart.delay_grew(90_000, 80_000)


def test_a_train_may_last_half_a_round_trip_where_nothing_paces() -> None:
    assert hystart.train_limit_us(100_000, 0, paced=False) == 50_000
    assert hystart.train_limit_us(100_000, 0, paced=True) == 100_000
    assert hystart.train_limit_us(100_000, 65_536 * 4_000_000 // 500, paced=True) == 100_500
    assert hystart.train_limit_us(100_000, 1, paced=True) == 101_000


def test_the_threshold_of_rfc_9406() -> None:
    assert hystart.rtt_threshold_us(100_000) == 12_500
    assert hystart.enters_conservative(112_500, 100_000)
    assert not hystart.enters_conservative(112_499, 100_000)
