from __future__ import annotations

from typing import Any

from estab.engine.sending.profile import SendingProfile
from tests.unit.engine.sending.line import Line

LARGE = SendingProfile(gso_max_bytes=65_536, min_tso_segments=10)


def grown(**knobs: Any) -> Line:
    """A connection whose window has grown to 36 segments."""
    line = Line(window=511 << 7, profile=LARGE, **knobs)
    line.sender.set_send_buffer(400_000)
    line.write(26_000)
    line.ack(10_001, after=100)
    line.ack(26_001, after=100)
    assert line.sender.cwnd == 36
    return line


def test_after_a_long_pause_the_window_is_the_initial_one() -> None:
    line = grown()
    assert line.write(20_000, after=2_000) == ["26001:36001"]
    assert line.sender.cwnd == 10


def test_each_timeout_of_a_pause_halves_the_window() -> None:
    line = grown()
    rto_ms = line.sender.rto_ns / 1e6
    line.write(20_000, after=2.5 * rto_ms - 1)
    assert line.sender.cwnd == 10
    line = grown()
    line.write(20_000, after=1.5 * rto_ms)
    assert line.sender.cwnd == 18


def test_with_the_knob_off_a_pause_changes_nothing() -> None:
    line = grown(tcp_slow_start_after_idle=0)
    assert line.write(20_000, after=2_000) == ["26001:46001"]
    assert line.sender.cwnd == 36


def test_the_pause_of_a_closed_window_counts_too() -> None:
    line = Line(window=511 << 7, profile=LARGE)
    line.sender.set_send_buffer(400_000)
    line.write(26_000)
    line.ack(10_001, after=100)
    line.ack(26_001, after=100, window=0)
    assert line.write(20_000) == []
    assert line.wait(2_150) == [(300, ["W 26000"]), (900, ["W 26000"]), (2_100, ["W 26000"])]
    assert line.sender.cwnd == 36
    assert line.ack(26_001, after=850, window=511 << 7) == ["26001:36001"]


def test_a_window_that_is_not_used_does_not_grow_and_moves_to_what_is_used() -> None:
    line = grown()
    for _ in range(6):
        line.write(12_000, after=0)
        line.ack(line.sender.snd_nxt, after=200)
    assert line.sender.cwnd < 36
    assert line.sender.cwnd >= 12


def test_ssthresh_keeps_three_quarters_of_a_window_that_shrinks_by_itself() -> None:
    line = grown()
    line.sender.ssthresh = 5
    line.write(20_000, after=2_000)
    assert line.sender.ssthresh == 27
