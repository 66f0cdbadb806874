from __future__ import annotations

import random

import pytest

from estab.engine.congestion.bbr import Bbr, Mode
from tests.unit.engine.sending.line import Line
from tests.unit.engine.sending.pipe import Pipe

RATE = 1_250_000


def carried(size: int, *, queue: int, loss: float = 0, seed: int = 1, rtt_ms: int = 50) -> Pipe:
    """A transfer over a bottleneck of 10 Mbit/s."""
    line = Line(congestion="bbr", rtt_ms=rtt_ms, window=4_000_000, mss=1_448)
    line.sender.set_send_buffer(4_000_000)
    pipe = Pipe(line, random.Random(seed), delay_ms=rtt_ms / 2, rate_bytes_per_s=RATE, queue_bytes=queue, loss=loss)
    pipe.transfer(bytes(size))
    return pipe


def share(pipe: Pipe, size: int) -> float:
    """How much of the bottleneck was used."""
    return size / (pipe.line.at / 1000) / RATE


def model(line: Line) -> Bbr:
    assert isinstance(line.sender.congestion, Bbr)
    return line.sender.congestion


def test_the_bottleneck_is_used_and_its_queue_is_not_filled() -> None:
    pipe = carried(6_000_000, queue=1_000_000)
    assert share(pipe, 6_000_000) > 0.93
    assert model(pipe.line).mode is Mode.PROBE_BW
    assert pipe.dropped == 0
    # One product of bandwidth and delay is what STARTUP leaves in the queue; a window that grows until losses would fill it.
    assert pipe.longest_queue_ns < 150e6


def test_the_model_knows_the_path() -> None:
    pipe = carried(6_000_000, queue=1_000_000)
    bbr = model(pipe.line)
    assert bbr.max_bw * 1_448 * 1_000_000 >> 24 == pytest.approx(RATE, rel=0.1)
    assert bbr.min_rtt_us == pytest.approx(51_000, rel=0.05)


def test_losses_that_are_no_congestion_hardly_slow_it_down() -> None:
    lossy = carried(4_000_000, queue=1_000_000, loss=0.01)
    assert share(lossy, 4_000_000) > 0.8
    reno = Line(congestion="reno", rtt_ms=50, window=4_000_000, mss=1_448)
    reno.sender.set_send_buffer(4_000_000)
    pipe = Pipe(reno, random.Random(1), delay_ms=25, rate_bytes_per_s=RATE, queue_bytes=1_000_000, loss=0.01)
    pipe.transfer(bytes(4_000_000))
    assert share(pipe, 4_000_000) < 0.5


def test_the_delay_is_measured_anew_after_ten_seconds() -> None:
    line = Line(congestion="bbr", rtt_ms=50, window=4_000_000, mss=1_448)
    line.sender.set_send_buffer(4_000_000)
    pipe = Pipe(line, random.Random(1), delay_ms=25, rate_bytes_per_s=RATE, queue_bytes=1_000_000)
    seen: list[tuple[Mode, int, float]] = []
    pipe.watch = lambda line: seen.append((model(line).mode, line.sender.cwnd, line.at))
    pipe.transfer(bytes(15_000_000))
    order = [mode for number, (mode, _, _) in enumerate(seen) if not number or seen[number - 1][0] is not mode]
    assert order == [Mode.STARTUP, Mode.DRAIN, Mode.PROBE_BW, Mode.PROBE_RTT, Mode.PROBE_BW]
    empty = [(cwnd, at) for mode, cwnd, at in seen if mode is Mode.PROBE_RTT]
    assert min(cwnd for cwnd, _ in empty) == 4
    assert 200 <= empty[-1][1] - empty[0][1] <= 500
    assert 10_000 <= empty[0][1] <= 10_500
    assert seen[-1][1] > 40


def test_sending_is_paced_at_the_gain_times_the_bandwidth() -> None:
    line = Line(congestion="bbr", rtt_ms=100)
    # Ten segments of 1000 bytes in 100 ms, times 2.89, less one percent.
    assert line.sender.info(line.now_ns)["pacing_rate_bytes_per_s"] == pytest.approx(286_000, rel=0.01)
    line.write(40_000)
    assert line.sender.packets_out == 10
    line.ack(5_001, after=100)
    assert line.sender.deadline() is not None
    assert 0 < len(line.wait(40)) < 20


def test_a_connection_that_rests_goes_on_at_its_bandwidth() -> None:
    pipe = carried(3_000_000, queue=1_000_000)
    line = pipe.line
    assert line.sender.fin_queued
    assert model(line).is_full
    rate = line.sender.info(line.now_ns)["pacing_rate_bytes_per_s"]
    assert rate == pytest.approx(RATE, rel=0.35)
