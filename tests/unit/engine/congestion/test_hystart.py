from __future__ import annotations

import itertools

from estab.engine.congestion.hystart import HystartPlusPlus
from estab.engine.sending.profile import SendingProfile, SlowStartExit
from tests.unit.engine.sending.line import Line

NONE = 0x7FFFFFFF
LARGE = SendingProfile(gso_max_bytes=65_536, tso_win_divisor=100)


def second_round(first_after: float, *, profile: SendingProfile = LARGE, written: int = 30_000) -> list[tuple[int, int]]:
    """Window and ssthresh for each ACK of the second round trip, 200 ms being the first one's."""
    line = Line(profile=profile, window=257 << 7, rtt_ms=200)
    line.sender.set_send_buffer(400_000)
    line.write(written)
    line.ack(10_001, after=200)
    if written < 30_000:
        line.write(30_000 - written, after=180)
    seen = []
    for number in range(12_001, 30_002, 2_000):
        line.ack(number, after=first_after if number == 12_001 else 1)
        seen.append((line.sender.cwnd, line.sender.ssthresh))
    return seen


def test_nine_samples_an_eighth_above_the_smallest_end_slow_start() -> None:
    assert second_round(240) == [*[(22 + 2 * n, NONE) for n in range(8)], (36, 36), (36, 36)]


def test_a_round_that_ends_with_a_smaller_delay_ends_nothing() -> None:
    assert second_round(20, written=28_000) == [(22 + 2 * n, NONE) for n in range(10)]


def test_a_train_longer_than_half_a_round_trip_ends_slow_start() -> None:
    line = Line(profile=SendingProfile(hystart_delay=False), window=10_000_000, rtt_ms=20)
    line.sender.set_send_buffer(10_000_000)
    line.write(5_000_000)
    line.ack(10_001, after=20)
    for number in range(11_001, 200_001, 1_000):
        line.ack(number, after=20 if number == 11_001 else 0.5)
        if line.sender.ssthresh != NONE:
            break
    assert line.sender.ssthresh == line.sender.cwnd < 100
    assert line.sender.counters["TcpExt.TCPHystartTrainDetect"] == 1


def test_signs_are_not_looked_for_again_in_a_recovery() -> None:
    """There the window is below ssthresh as well, and ssthresh must stay what the loss has made of it (tcp_cubic.c, ca->found)."""
    line = Line(profile=SendingProfile(hystart_delay=False), window=10_000_000, rtt_ms=20)
    line.sender.set_send_buffer(10_000_000)
    line.write(5_000_000)
    line.ack(10_001, after=20)
    number = 11_001
    while line.sender.ssthresh == NONE:
        line.ack(number, after=20 if number == 11_001 else 0.5)
        number += 1_000
    sender = line.sender
    sender.ssthresh = reached = sender.congestion.threshold(sender)  # as a loss does
    for later in range(number, number + 60_000, 1_000):
        sender.cwnd = reached - 3
        line.ack(later, after=0.5)
    assert sender.ssthresh == reached and sender.counters["TcpExt.TCPHystartTrainDetect"] == 1


def test_it_can_be_switched_off() -> None:
    off = SendingProfile(gso_max_bytes=65_536, tso_win_divisor=100, slow_start_exit=SlowStartExit.NONE)
    assert {ssthresh for _, ssthresh in second_round(240, profile=off)} == {NONE}


def plus_plus(delays_ms: list[float]) -> tuple[Line, list[int]]:
    """Round trips with these delays, ten samples each; the window after each."""
    line = Line(profile=SendingProfile(slow_start_exit=SlowStartExit.HYSTART_PLUS_PLUS), window=100_000_000, rtt_ms=100)
    line.sender.set_send_buffer(100_000_000)
    windows = []
    for delay in delays_ms:
        line.write(10_000_000)
        begin, end = line.sender.snd_una, line.sender.snd_nxt
        step = (end - begin) // 10_000 * 1_000
        for n in range(1, 11):
            line.ack(begin + n * step if n < 10 else end, after=delay if n == 1 else 0)
        windows.append(line.sender.cwnd)
    return line, windows


def test_rising_delay_makes_slow_start_conservative_and_then_ends_it() -> None:
    line, windows = plus_plus([100, 100, 120, 120, 120, 120, 120, 120, 120])
    growth = [after / before for before, after in itertools.pairwise(windows)]
    assert growth[0] == 2
    assert all(1.1 < rate < 1.5 for rate in growth[2:5])  # a quarter of the growth
    assert line.sender.ssthresh < NONE  # after five such rounds


def test_delay_that_falls_again_makes_it_usual() -> None:
    line, windows = plus_plus([100, 100, 120, 120, 90, 90, 90])
    assert windows[-1] / windows[-2] == 2
    assert line.sender.ssthresh == NONE
    assert isinstance(line.sender.congestion.exit, HystartPlusPlus)  # type: ignore[attr-defined]
