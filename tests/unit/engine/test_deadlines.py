"""One deadline for all."""

from __future__ import annotations

from estab.chance import Chance
from estab.engine.deadlines import Deadlines, Due


class Alarm(Due):
    __slots__ = ("asked", "handled", "when")

    def __init__(self, when: int | None = None) -> None:
        super().__init__()
        self.when, self.asked, self.handled = when, 0, 0

    def poll_deadline(self) -> int | None:
        self.asked += 1
        return self.when

    def handle_deadline(self, now_ns: int) -> None:
        self.handled = now_ns


def _set(deadlines: Deadlines, alarm: Alarm, when: int | None) -> None:
    alarm.when = when
    deadlines.update(alarm)


def test_the_earliest_comes_first_and_equal_ones_in_the_order_they_were_set() -> None:
    deadlines = Deadlines()
    late, one, two = Alarm(9), Alarm(5), Alarm(5)
    for alarm in (late, one, two):
        deadlines.update(alarm)
    assert deadlines.first() == 5
    assert list(deadlines.taken(9)) == [one, two, late]
    assert deadlines.first() is None


def test_a_deadline_that_moved_away_is_not_served_at_its_old_instant() -> None:
    deadlines, alarm = Deadlines(), Alarm()
    _set(deadlines, alarm, 5)
    _set(deadlines, alarm, 8)
    assert list(deadlines.taken(7)) == [] and deadlines.first() == 8


def test_a_deadline_that_moved_nearer_is_served_once() -> None:
    deadlines, alarm = Deadlines(), Alarm()
    _set(deadlines, alarm, 8)
    _set(deadlines, alarm, 5)
    served = []
    for due in deadlines.taken(10):
        served.append(due)
        alarm.when = None
    assert served == [alarm]


def test_what_was_switched_off_is_not_served() -> None:
    deadlines, alarm = Deadlines(), Alarm()
    _set(deadlines, alarm, 5)
    alarm.when = None
    assert deadlines.first() is None and list(deadlines.taken(10)) == []


def test_moving_to_later_costs_nothing_and_a_busy_life_does_not_fill_the_heap() -> None:
    deadlines, keepalive = Deadlines(), Alarm()
    for now in range(10_000):
        _set(deadlines, keepalive, now + 1)  # a retransmission timer comes and goes
        _set(deadlines, keepalive, now + 100_000)
        assert list(deadlines.taken(now)) == []
    assert len(deadlines) < 200


def test_a_hundred_thousand_idle_ones_are_not_asked_while_one_is_busy() -> None:
    deadlines = Deadlines()
    idle = [Alarm(1_000_000 + number) for number in range(1000)]
    for alarm in idle:
        deadlines.update(alarm)
    asked = [alarm.asked for alarm in idle]
    busy = Alarm()
    for now in range(1000):
        _set(deadlines, busy, now)
        assert list(deadlines.taken(now)) == [busy]
    assert sum(alarm.asked for alarm in idle) - sum(asked) <= 1000  # the front one, when the heap is looked at


def test_any_schedule_is_served_in_time_and_in_order() -> None:
    chance, deadlines = Chance(3), Deadlines()
    alarms = [Alarm() for _ in range(20)]
    for now in range(0, 5000, 10):
        for _ in range(5):
            alarm = alarms[chance.below(20)]
            _set(deadlines, alarm, None if chance.below(4) == 0 else now + 1 + chance.below(300))
        expected = min((alarm.when for alarm in alarms if alarm.when is not None), default=None)
        assert deadlines.first() == expected
        for due in deadlines.taken(now + 10):
            assert isinstance(due, Alarm) and due.when is not None and due.when <= now + 10
            due.when = None
        assert all(alarm.when is None or alarm.when > now + 10 for alarm in alarms)


def test_a_cheap_look_never_misses_an_earlier_one_and_a_false_alarm_ends_with_a_thorough_one() -> None:
    deadlines, alarm = Deadlines(), Alarm()
    assert not deadlines.may_begin_before(10)
    _set(deadlines, alarm, 5)
    assert deadlines.may_begin_before(6) and not deadlines.may_begin_before(5)
    _set(deadlines, alarm, 8)
    assert deadlines.may_begin_before(6), "its old place is still there"
    assert deadlines.first() == 8
    assert not deadlines.may_begin_before(6) and deadlines.may_begin_before(9)


def test_what_is_far_away_keeps_its_place_while_something_nearer_comes_and_goes() -> None:
    deadlines, alarm = Deadlines(), Alarm()
    _set(deadlines, alarm, 1_000)
    for now in range(1, 50):
        _set(deadlines, alarm, now)
        assert list(deadlines.taken(now)) == [alarm]
        _set(deadlines, alarm, 1_000)
        assert len(deadlines) == 1 and deadlines.first() == 1_000
    _set(deadlines, alarm, 500)
    alarm.when = None
    assert deadlines.first() is None and len(deadlines) == 0
