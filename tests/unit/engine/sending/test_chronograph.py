from __future__ import annotations

from estab.engine.sending.chronograph import BUSY, RWND_LIMITED, SNDBUF_LIMITED, Chronograph
from tests.unit.engine.sending.line import Line


def test_the_weightier_dial_runs_and_the_lighter_one_waits() -> None:
    watch = Chronograph()
    watch.start(BUSY, 0)
    watch.start(RWND_LIMITED, 10_000)
    watch.start(BUSY, 20_000)  # changes nothing
    watch.stop(RWND_LIMITED, 50_000, idle=False)
    assert watch.totals_us(70_000) == (70, 40, 0)
    watch.stop(SNDBUF_LIMITED, 80_000, idle=False)  # does not run
    watch.stop(BUSY, 90_000, idle=True)
    assert watch.totals_us(1_000_000) == (90, 40, 0)


def limits_us(line: Line) -> tuple[int, int, int]:
    info = line.sender.info(line.now_ns)
    return info["busy_time_us"], info["rwnd_limited_us"], info["sndbuf_limited_us"]


def test_the_peer_s_window_is_what_the_time_goes_to_as_on_a_kernel() -> None:
    line = Line(window=0, rtt_ms=10)
    assert line.write(1_000) == []
    line.wait(100)
    assert limits_us(line)[1] == 100_000
    assert line.ack(1, after=100, window=2_000) == ["1:1001"]
    line.ack(1_001, after=30, window=10)
    assert line.write(1_000) == []
    assert line.ack(1_001, after=100, window=2_000) == ["1001:2001"]
    assert limits_us(line) == (330_000, 300_000, 0)
    line.ack(2_001, after=20)
    line.wait(5_000)
    assert limits_us(line) == (350_000, 300_000, 0)


def test_a_full_buffer_counts_while_the_window_has_room() -> None:
    """A writer that blocks: the numbers are those of Linux for the same ACKs (in microseconds)."""
    line = Line(window=10_000, rtt_ms=10)  # the SYN-ACK's window, never scaled; half of it is one record
    line.sender.set_send_buffer(20_000)
    left = 150_000

    def go_on() -> None:
        nonlocal left
        while left and not line.sender.wants_room:
            line.write(left)
            left -= line.taken

    go_on()
    for number, after, sent, sndbuf_us in (
        (10_001, 10, 30_000, 0),
        (30_001, 10, 70_000, 0),
        (70_001, 10, 95_000, 0),
        (95_001, 20, 150_000, 20_000),
        (150_001, 20, 150_000, 20_000),
    ):
        line.ack(number, after=after, window=2_560_000)
        go_on()
        assert line.sender.snd_nxt - 1 == sent
        assert limits_us(line) == (round(line.at * 1000), 0, sndbuf_us)
