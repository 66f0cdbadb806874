from __future__ import annotations

from estab.laws.reno import additive_increase, current_threshold, halved, slow_start


def test_slow_start_stops_at_ssthresh_and_hands_on_the_rest() -> None:
    assert slow_start(10, 1000, 10) == (20, 0)
    assert slow_start(19, 20, 4) == (20, 3)


def test_avoidance_grows_by_one_for_each_window() -> None:
    cwnd, credit = 10, 0
    for _ in range(9):
        cwnd, credit = additive_increase(cwnd, credit, cwnd, 1)
    assert (cwnd, credit) == (10, 9)
    assert additive_increase(cwnd, credit, cwnd, 1) == (11, 0)
    assert additive_increase(10, 0, 10, 25) == (12, 5)


def test_credit_that_was_gathered_for_a_larger_window_gives_one_only() -> None:
    assert additive_increase(4, 9, 4, 0) == (5, 0)


def test_a_loss_leaves_half_and_never_less_than_two() -> None:
    assert [halved(n) for n in (1, 3, 4, 11)] == [2, 2, 2, 5]


def test_three_quarters_of_the_window_are_known_to_fit() -> None:
    assert current_threshold(20, 3) == 15
    assert current_threshold(4, 30) == 30
