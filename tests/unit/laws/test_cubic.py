from __future__ import annotations

import pytest

from estab.laws import cubic


@pytest.mark.parametrize("root", [1, 2, 3, 10, 999, 12_345, 2**20])
def test_the_root_of_a_cube_and_of_its_neighbours(root: int) -> None:
    assert cubic.cubic_root(root**3) == root
    assert cubic.cubic_root(root**3 - 1) == root - 1
    assert cubic.cubic_root(root**3 + 1) == root + (root == 0)


def test_reduction_and_fast_convergence() -> None:
    assert (cubic.reduced(10), cubic.reduced(100), cubic.reduced(1)) == (7, 70, 2)
    assert cubic.remembered_max(100, 90) == 100
    assert cubic.remembered_max(80, 100) == 68  # 80 * (1 + 0.7) / 2


def test_the_curve_meets_its_maximum_after_k() -> None:
    # RFC 9438 §4.2: K = cbrt((W_max - cwnd) / C), here cbrt(30 / 0.4) = 4.217 s.
    k = cubic.time_to_max(70, 100)
    assert k / cubic.TICKS_PER_SECOND == pytest.approx(4.217, abs=0.01)
    assert cubic.target(100, k, k) == 100
    assert cubic.target(100, k, 0) == pytest.approx(70, abs=1)
    assert cubic.target(100, k, 2 * k) == pytest.approx(130, abs=1)
    assert cubic.time_to_max(100, 100) == 0


def test_the_curve_is_the_rfc_s() -> None:
    seconds = 10
    assert cubic.target(0, 0, seconds * cubic.TICKS_PER_SECOND) == pytest.approx(0.4 * seconds**3, rel=0.01)


def test_ticks_are_1024_in_a_second() -> None:
    assert cubic.ticks(1_500_000_000) == 1536


def test_acks_for_one_segment_more() -> None:
    assert cubic.acks_per_segment(50, 60, max_known=True) == 5
    assert cubic.acks_per_segment(50, 50, max_known=True) == 5_000
    assert cubic.acks_per_segment(50, 50, max_known=False) == 20


def test_the_friendly_region_has_alpha_of_one_in_two() -> None:
    # alpha = 3 * (1 - 0.7) / (1 + 0.7) = 0.53 segments for each window.
    assert 100 / cubic.acks_per_friendly_segment(100) == pytest.approx(0.53, abs=0.01)
