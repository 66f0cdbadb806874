"""The recorder with a clock of its own."""

from __future__ import annotations

import itertools
import pathlib
from collections.abc import Callable

from estab.history.recorder import Recorder
from estab.history.store import Store
from estab.instant import SECOND_NS
from estab.snapshot import HostSnapshot


class Clock:
    """Time that passes by waiting; ends by itself after so many waits."""

    def __init__(self, waits: int, steps: Callable[[int], int] = lambda wished: wished) -> None:
        self.now_ns, self.waits, self.steps = 100_000 * SECOND_NS, waits, steps

    def wait(self, until_ns: int) -> bool:
        self.now_ns += self.steps(max(until_ns - self.now_ns, 0))
        self.waits -= 1
        return self.waits > 0

    def read(self) -> HostSnapshot:
        return HostSnapshot(taken_ns=self.now_ns, counters={"Tcp.InSegs": self.now_ns // SECOND_NS})


def recorder(store: Store, clock: Clock) -> Recorder:
    return Recorder(store, clock.read, lambda *_: (), clock.wait, every_ns=10 * SECOND_NS)


def test_intervals_follow_each_other(tmp_path: pathlib.Path) -> None:
    with Store(tmp_path / "h.db") as store:
        kept = recorder(store, Clock(4))
        kept.run()
        intervals = list(store.intervals())
    assert [interval.lasted_ns // SECOND_NS for interval in intervals] == [10, 10, 10, 10]
    assert all(one.to_ns == other.from_ns for one, other in itertools.pairwise(intervals))
    assert [interval.partial for interval in intervals] == [False, False, False, True]
    assert kept.written == 4 and kept.last == intervals[-1]


def test_it_ends_by_itself(tmp_path: pathlib.Path) -> None:
    with Store(tmp_path / "h.db") as store:
        recorder(store, Clock(1000)).run(for_ns=25 * SECOND_NS)
        assert [interval.lasted_ns // SECOND_NS for interval in store.intervals()] == [10, 10, 5]


def test_a_clock_that_is_set_back_makes_no_interval(tmp_path: pathlib.Path) -> None:
    steps = iter([10, -3600, 10, 10])
    with Store(tmp_path / "h.db") as store:
        recorder(store, Clock(4, lambda _: next(steps) * SECOND_NS)).run()
        assert [interval.moved for interval in store.intervals()] == [{"Tcp.InSegs": 10}] * 3


def test_what_diagnosing_takes_moves_no_reading(tmp_path: pathlib.Path) -> None:
    clock = Clock(1000)

    def diagnose(*_: HostSnapshot) -> tuple[()]:
        clock.now_ns += 3 * SECOND_NS
        return ()

    with Store(tmp_path / "h.db") as store:
        Recorder(store, clock.read, diagnose, clock.wait, every_ns=10 * SECOND_NS).run(for_ns=25 * SECOND_NS)
        assert [interval.lasted_ns // SECOND_NS for interval in store.intervals()] == [10, 10, 5]


def test_a_host_that_slept_has_one_long_interval_and_no_crowd_of_short_ones(tmp_path: pathlib.Path) -> None:
    late = iter([0, 1000 * SECOND_NS, 0, 0])
    with Store(tmp_path / "h.db") as store:
        recorder(store, Clock(4, lambda wished: wished + next(late))).run()
        assert [interval.lasted_ns // SECOND_NS for interval in store.intervals()] == [10, 1010, 10, 10]


def test_late_wake_ups_do_not_add_up(tmp_path: pathlib.Path) -> None:
    clock = Clock(1000, lambda wished: wished + 7 * SECOND_NS)
    with Store(tmp_path / "h.db") as store:
        recorder(store, clock).run(for_ns=30 * SECOND_NS)
        assert len(list(store.intervals())) == 3
