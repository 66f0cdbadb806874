from __future__ import annotations

from estab.engine.congestion.bbr_policer import USED_ROUNDS, Policer
from estab.engine.sending.variables import trouble_of
from tests.unit.engine.sending.line import Line


def observe(policer: Policer, line: Line, losses: int, *, limited: bool = False, probing: bool = False) -> bool:
    return policer.observe(line.sender, losses, app_limited=limited, round_start=True, probing=probing)


def interval(policer: Policer, line: Line, delivered: int, lost: int, *, limited: bool = False) -> None:
    """Five round trips of 100 ms with losses at the beginning and at the end."""
    for number in range(5):
        line.now_ns += 100_000_000
        line.sender.delivered_ns = line.now_ns
        line.sender.delivered += delivered // 5
        trouble_of(line.sender).lost += lost // 5
        observe(policer, line, lost // 5 if number in {0, 4} else 0, limited=limited)


def policed() -> tuple[Policer, Line]:
    line, policer = Line(), Policer()
    policer.reset(line.sender)
    observe(policer, line, 1)
    interval(policer, line, 500, 250)
    interval(policer, line, 510, 250)
    return policer, line


def test_two_intervals_with_much_loss_and_the_same_rate_are_a_policer() -> None:
    policer, _ = policed()
    assert policer.is_used
    assert policer.bandwidth * 1_000_000 >> 24 in range(990, 1_030)  # segments in a second


def test_little_loss_or_rates_that_differ_are_not() -> None:
    for second, lost in ((510, 50), (900, 450)):
        line, policer = Line(), Policer()
        policer.reset(line.sender)
        observe(policer, line, 1)
        interval(policer, line, 500, lost)
        interval(policer, line, second, lost)
        assert not policer.is_used


def test_what_the_application_limits_says_nothing() -> None:
    line, policer = Line(), Policer()
    policer.reset(line.sender)
    observe(policer, line, 1)
    interval(policer, line, 500, 250, limited=True)
    assert not policer.is_sampling and not policer.bandwidth


def test_its_rate_is_doubted_after_48_round_trips() -> None:
    policer, line = policed()
    doubts = [observe(policer, line, 0, probing=True) for _ in range(USED_ROUNDS)]
    assert doubts == [False] * (USED_ROUNDS - 1) + [True]
    assert not policer.is_used
