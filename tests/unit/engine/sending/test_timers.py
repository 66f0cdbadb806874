from __future__ import annotations

from estab.engine.sending.variables import LOSS_PROBE, NO_TIMER, PROBE, RETRANSMIT
from tests.unit.engine.sending.line import Line


def due_ms(line: Line) -> float | None:
    due = line.sender.deadline()
    return None if due is None else (due - line.now_ns) / 1e6


def test_a_probe_comes_two_round_trips_after_the_last_of_several_segments() -> None:
    line = Line(rtt_ms=50)
    line.write(3_000)
    assert (line.sender.timer_kind, due_ms(line)) == (LOSS_PROBE, 104)


def test_a_lone_segment_s_probe_waits_for_a_delayed_ack_but_not_beyond_the_timeout() -> None:
    line = Line(rtt_ms=50)
    line.write(1_000)
    assert (line.sender.timer_kind, due_ms(line)) == (LOSS_PROBE, 252)
    assert line.sender.rto_ns == 252_000_000


def test_without_a_round_trip_the_probe_waits_a_second() -> None:
    line = Line(rtt_ms=0)
    line.write(3_000)
    assert due_ms(line) == 1_000


def test_no_probe_without_sack_or_where_the_knob_says_none() -> None:
    for line in (Line(sack=False), Line(tcp_early_retrans=0)):
        line.write(3_000)
        assert (line.sender.timer_kind, due_ms(line)) == (RETRANSMIT, 300)


def test_the_timer_starts_anew_with_each_ack_and_ends_with_the_last() -> None:
    line = Line(sack=False)
    line.write(3_000)
    line.ack(1_001, after=100)
    assert due_ms(line) == 300
    line.ack(3_001, after=1)
    assert (line.sender.timer_kind, due_ms(line)) == (NO_TIMER, None)


def test_a_new_segment_does_not_put_the_timeout_off() -> None:
    line = Line(sack=False)
    line.write(1_000)
    line.write(1_000, after=100)
    assert due_ms(line) == 200


def test_before_the_handshake_is_over_its_own_timer_runs_alone() -> None:
    line = Line()
    line.sender.is_opening = True
    line.write(2_000)
    assert due_ms(line) is None
    line.sender.on_established(40_000, 1, line.now_ns)
    assert (line.sender.timer_kind, due_ms(line)) == (RETRANSMIT, 300)


def test_what_waits_with_nothing_under_way_is_woken_by_the_window_probe() -> None:
    line = Line(window=0)
    line.write(1_000)
    assert (line.sender.timer_kind, due_ms(line)) == (PROBE, 300)
