from __future__ import annotations

import pytest

from estab.laws.rto import Estimate, estimate, rfc_estimate, rfc_timeout_us, timeout_us

MIN_US, MAX_US = 200_000, 120_000_000


def after(*samples_us: int, round_is_over: bool = False) -> Estimate:
    known = Estimate()
    for sample in samples_us:
        known = estimate(known, sample, MIN_US, round_is_over=round_is_over)
    return known


def test_the_first_sample_gives_three_round_trips_or_the_floor_above_one() -> None:
    assert after(300_000) == Estimate(2_400_000, 600_000, 600_000, 600_000)
    assert timeout_us(after(300_000), MAX_US) == 900_000
    assert timeout_us(after(40_000), MAX_US) == 240_000


def test_a_sample_of_zero_is_one_microsecond_of_eight() -> None:
    assert after(0).srtt8_us == 1


def test_the_mean_moves_by_an_eighth_of_the_error() -> None:
    assert after(100_000, 180_000).srtt8_us >> 3 == 110_000
    assert after(100_000, 20_000).srtt8_us >> 3 == 90_000


def test_getting_slower_widens_the_deviation_and_getting_faster_hardly_does() -> None:
    slower, faster = after(100_000, 600_000), after(100_000, 100_000, 1)
    # 200,000 + (500,000 - 50,000); and 150,000 (the second sample) + (99,999 - 37,500) / 8.
    assert slower.mdev4_us == 650_000
    assert faster.mdev4_us == 150_000 + (99_999 - 37_500 >> 3)


def test_the_variance_takes_the_largest_deviation_of_a_round_at_once_and_forgets_it_by_quarters() -> None:
    wide = after(100_000, 600_000)
    assert wide.rttvar_us == 650_000
    calm = estimate(wide, 162_500, MIN_US, round_is_over=True)
    assert (calm.rttvar_us, calm.mdev_max_us) == (650_000, MIN_US)
    calmer = estimate(calm, 162_500, MIN_US, round_is_over=True)
    # The deviation was 650,000, then 487,500, now 365,625: a quarter of the way down to that.
    assert (calmer.mdev4_us, calmer.rttvar_us) == (365_625, 650_000 - (650_000 - 365_625 >> 2))


def test_the_timeout_never_lies_below_the_mean_plus_the_floor_and_never_above_the_largest() -> None:
    assert timeout_us(after(*[1_000] * 50, round_is_over=True), MAX_US) == 201_000
    assert timeout_us(after(100_000_000), MAX_US) == MAX_US


@pytest.mark.parametrize(
    ("samples", "srtt", "rttvar", "rto"),
    [
        ([1_000_000], 1_000_000, 500_000, 3_000_000),
        ([1_000_000, 2_000_000], 1_125_000, 625_000, 3_625_000),
        ([100_000, 100_000], 100_000, 37_500, 1_000_000),  # rounded up to a second
    ],
)
def test_the_rfc_s_own_numbers(samples: list[float], srtt: float, rttvar: float, rto: float) -> None:
    known = (0.0, 0.0)
    for sample in samples:
        known = rfc_estimate(*known, sample)
    assert known == (srtt, rttvar)
    assert rfc_timeout_us(*known, granularity_us=1_000) == rto


def test_the_timeout_is_a_whole_number_of_ticks_rounded_up() -> None:
    known = estimate(Estimate(), 200, 200_000, round_is_over=True)
    assert (known.srtt8_us >> 3) + known.rttvar_us == 200_200 and timeout_us(known, 120_000_000) == 201_000
    assert timeout_us(known, 150_000) == 150_000
