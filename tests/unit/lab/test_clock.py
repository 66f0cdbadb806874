from __future__ import annotations

from typing import Any

import pytest

from estab.lab.clock import EPOCH_NS, Clock, Limits, RunawayError


def test_things_happen_in_order_of_time_and_then_of_asking() -> None:
    clock, done = Clock(), list[Any]()
    for time_ns, name in ((20, "c"), (10, "a"), (10, "b"), (5, "first")):
        clock.at(EPOCH_NS + time_ns, done.append, name)
    clock.run_until(EPOCH_NS + 19)
    assert done == ["first", "a", "b"]
    assert clock.now_ns == EPOCH_NS + 19 and clock.next_ns == EPOCH_NS + 20
    assert clock.step() and not clock.step()
    assert done[-1] == "c" and clock.now_ns == EPOCH_NS + 20


def test_what_is_asked_for_the_past_happens_now_and_the_clock_never_goes_back() -> None:
    clock, times = Clock(), list[int]()

    def late(_: object) -> None:
        clock.at(EPOCH_NS, lambda _: times.append(clock.now_ns))

    clock.after(50, late)
    clock.run_until(EPOCH_NS + 60)
    assert times == [EPOCH_NS + 50]


def test_run_while_says_whether_anything_was_left() -> None:
    clock, done = Clock(), list[Any]()
    clock.after(1, done.append, 1)
    clock.after(2, done.append, 2)
    assert clock.run_while(lambda: len(done) < 1)
    assert done == [1]
    assert not clock.run_while(lambda: len(done) < 3)


def again(clock: Clock) -> None:
    clock.after(1_000, lambda _: again(clock))


@pytest.mark.parametrize(
    ("limits", "words"), [(Limits(events=100), "more than 100 things"), (Limits(virtual_ns=50_000), "50 µs of virtual time")]
)
def test_a_run_without_end_is_stopped(limits: Limits, words: str) -> None:
    clock = Clock(limits)
    again(clock)
    with pytest.raises(RunawayError, match=words):
        clock.run_until(EPOCH_NS + 10**9)


def test_so_is_one_that_is_stepped() -> None:
    clock = Clock(Limits(events=10))
    again(clock)
    with pytest.raises(RunawayError):
        clock.run_while(lambda: True)


def test_packets_are_bounded() -> None:
    clock = Clock(Limits(packets=2))
    clock.packets = 2
    with pytest.raises(RunawayError, match="more than 2 packets"):
        clock.count_packet()
