from __future__ import annotations

import random

from estab.laws.extremes import Best, largest, smallest


def test_a_new_best_replaces_all() -> None:
    best = smallest(None, 0, 50, 100)
    assert smallest(best, 5, 40, 100) == ((5, 40),) * 3
    assert largest(largest(None, 0, 50, 100), 5, 60, 100) == ((5, 60),) * 3


def test_when_the_best_has_left_the_window_the_next_best_since_then_counts() -> None:
    best = smallest(None, 0, 10, 100)
    for now, value in ((30, 20), (60, 30), (99, 40)):
        best = smallest(best, now, value, 100)
    assert best[0] == (0, 10)
    assert smallest(best, 101, 90, 100)[0] == (30, 20)


def test_nothing_older_than_the_window_is_ever_the_best_and_nothing_better_is_far_away() -> None:
    chance = random.Random(4)
    for rule, sign in ((smallest, 1), (largest, -1)):
        best: Best | None = None
        seen: list[tuple[int, int]] = []
        for now in range(0, 3_000, 7):
            value = chance.randrange(1_000)
            seen.append((now, value))
            best = rule(best, now, value, 300)
            inside = [one for when, one in seen if now - when <= 300]
            assert now - best[0][0] <= 300
            # An approximation: never better than the truth, and as good as the truth of a quarter of the window.
            assert sign * best[0][1] >= sign * (min(inside) if sign > 0 else max(inside))
            recent = [one for when, one in seen if now - when <= 75]
            assert sign * best[0][1] <= sign * (min(recent) if sign > 0 else max(recent))
