"""CUBIC against the numbers that the field's packet scripts have for a stream of 166 kbit/s, and against its own curve."""

from __future__ import annotations

from estab.engine.sending.profile import SendingProfile
from tests.unit.engine.sending.line import Line

LARGE = SendingProfile(gso_max_bytes=65_536, min_tso_segments=4)


def windows_of(line: Line, numbers: range, wanted: set[int], *, pause_before: int = 0) -> dict[int, int]:
    seen = {}
    for number in numbers:
        if number == pause_before:
            line.write(160_000, after=4_000)
        line.ack(number, after=100)
        if number in wanted:
            seen[number] = line.sender.cwnd
    return seen


def test_a_slow_stream_leaves_slow_start_by_its_delay_and_then_follows_the_curve() -> None:
    line = Line(profile=LARGE, window=514 << 10, tcp_early_retrans=0, tcp_slow_start_after_idle=0)
    line.sender.set_send_buffer(800_000)
    line.write(400_000)
    expected = {10_001: 20, 20_001: 30, 30_001: 40, 38_001: 48, 60_001: 49, 80_001: 50, 100_001: 52, 120_001: 58}
    # From here on it may grow by one for each two that are acknowledged.
    expected |= {120_001 + 2_000 * n: 58 + n for n in range(1, 120)}
    assert windows_of(line, range(2_001, 360_001, 2_000), set(expected)) == expected


def test_time_without_sending_is_no_time_on_the_curve() -> None:
    line = Line(profile=LARGE, window=514 << 10, tcp_early_retrans=0, tcp_slow_start_after_idle=0)
    line.sender.set_send_buffer(4_000_000)
    line.write(40_000)
    expected = {10_001: 20, 20_001: 30, 30_001: 40, 38_001: 48, 60_001: 49, 80_001: 50, 100_001: 52, 120_001: 58}
    assert windows_of(line, range(2_001, 122_001, 2_000), set(expected), pause_before=42_001) == expected


def test_a_loss_leaves_seven_tenths_and_is_remembered_lower_if_it_came_earlier_than_the_one_before() -> None:
    line = Line()
    congestion = line.sender.congestion
    assert congestion.threshold(line.sender) == 7
    assert congestion.last_max == 10  # type: ignore[attr-defined]
    line.sender.cwnd = 8
    assert congestion.threshold(line.sender) == 5
    assert congestion.last_max == 6  # type: ignore[attr-defined]


def test_after_a_reduction_the_window_comes_back_to_where_the_loss_was() -> None:
    line = Line(congestion="cubic", rtt_ms=100, window=10_000_000)
    line.sender.set_send_buffer(10_000_000)
    line.sender.cwnd = 100
    line.sender.ssthresh = line.sender.congestion.threshold(line.sender)
    line.sender.cwnd = line.sender.ssthresh
    assert line.sender.cwnd == 70
    reached = {}
    for round_trip in range(1, 71):
        line.write(1_000_000)
        line.ack(line.sender.snd_nxt, after=100)
        reached[round_trip] = line.sender.cwnd
    # K = cbrt(30 / 0.4) = 4.2 s: a plateau about there, then growth again.
    assert 90 <= reached[42] <= 100
    assert reached[50] <= 105
    assert reached[70] > reached[55] > 95
