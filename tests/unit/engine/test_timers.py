from __future__ import annotations

from estab.engine.timers import Timer, Timers


def test_timers_are_taken_by_time_then_by_order() -> None:
    timers = Timers()
    assert timers.earliest() is None and timers.take_due(10) is None
    timers.start(Timer.TIME_WAIT, 5)
    timers.start(Timer.KEEPALIVE, 5)
    timers.start(Timer.OPENING, 7)
    assert timers.earliest() == 5 and timers.deadline_of(Timer.OPENING) == 7 and timers.deadline_of(Timer.FIN_WAIT_2) is None
    assert timers.take_due(4) is None
    assert [timers.take_due(6) for _ in range(3)] == [Timer.KEEPALIVE, Timer.TIME_WAIT, None]


def test_a_new_deadline_replaces_the_old_and_stopping_ends_it() -> None:
    timers = Timers()
    timers.start(Timer.KEEPALIVE, 5)
    timers.start(Timer.KEEPALIVE, 50)
    assert timers.earliest() == 50
    timers.stop(Timer.OPENING)
    timers.stop(Timer.KEEPALIVE)
    assert timers.earliest() is None
    timers.start(Timer.OPENING, 1)
    timers.stop_all()
    assert timers.earliest() is None
