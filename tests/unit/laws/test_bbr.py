from __future__ import annotations

import pytest

from estab.laws import bbr


def test_the_high_gain_is_two_over_the_logarithm_of_two() -> None:
    assert pytest.approx(2.885, abs=0.005) == bbr.HIGH_GAIN / bbr.UNIT
    assert pytest.approx(1, abs=0.01) == bbr.HIGH_GAIN * bbr.DRAIN_GAIN / bbr.UNIT**2


def test_a_cycle_sends_as_much_as_the_path_takes() -> None:
    assert sum(bbr.CYCLE) == len(bbr.CYCLE) * bbr.UNIT


def test_the_product_of_bandwidth_and_delay_is_rounded_up() -> None:
    bw = bbr.bandwidth(1_000, 1_000_000)
    assert bbr.product(bw, 50_000, bbr.UNIT) in {50, 51}
    assert bbr.product(bbr.bandwidth(1, 3), 1, bbr.UNIT) == 1


def test_the_rate_stays_a_hundredth_below_the_bandwidth() -> None:
    bw = bbr.bandwidth(1_000, 1_000_000)
    assert bbr.pacing_rate(bw, bbr.UNIT, 1_000) == pytest.approx(990_000, rel=0.001)
    assert bbr.pacing_rate(bw, bbr.CYCLE[0], 1_000) == pytest.approx(1_237_500, rel=0.001)
