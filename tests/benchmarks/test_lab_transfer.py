"""Simulated transfers against the rate of the link and against response functions, in short runs."""

from __future__ import annotations

import pytest

from benchmarks.lab_idle import addresses_for, bytes_of_an_end, two_hours
from benchmarks.lab_loss import cubic_segments, reno_segments, run
from benchmarks.lab_rate import share_of_link
from benchmarks.lab_speed import simulated
from benchmarks.lab_transfer import queue_for, transfer


@pytest.mark.parametrize("congestion", ["reno", "cubic", "bbr"])
@pytest.mark.parametrize(("rate", "delay"), [("10Mbit", "10ms"), ("50Mbit", "5ms")])
def test_without_loss_the_link_is_filled(rate: str, delay: str, congestion: str) -> None:
    done = transfer(rate=rate, delay=delay, seconds=4.0, congestion=congestion)
    assert 0.9 < share_of_link(rate, done.goodput_bits_per_s) < 1.005


@pytest.mark.slow
@pytest.mark.parametrize(("congestion", "function"), [("reno", reno_segments), ("cubic", cubic_segments)])
@pytest.mark.parametrize("loss", [0.01, 0.03])
def test_under_random_losses_the_rate_follows_the_response_function(congestion: str, function: object, loss: float) -> None:
    assert callable(function)
    done = run(congestion, "50ms", loss, seed=1, rounds=1_500)
    assert done.lost_share == pytest.approx(loss, rel=0.2)
    assert done.segments_per_rtt == pytest.approx(function(done.event_share, 0.1), rel=0.2)


def test_the_response_functions_themselves() -> None:
    assert reno_segments(0.0001, 0.1) == pytest.approx((1.5 / 0.0001) ** 0.5, rel=0.01)
    assert reno_segments(0.03, 0.1) < (1.5 / 0.03) ** 0.5
    assert cubic_segments(0.001, 0.4) == pytest.approx(1.054 * (0.4 / 0.001) ** 0.75, rel=0.001)
    assert cubic_segments(0.01, 0.1) == reno_segments(0.01, 0.1), "the Reno-friendly region"


def test_packets_as_values_and_as_bytes_are_the_same_run() -> None:
    assert simulated(300_000, as_bytes=False)[0] == simulated(300_000, as_bytes=True)[0] > 300


def test_a_queue_holds_one_bandwidth_delay_product() -> None:
    assert [queue_for("100Mbit", "50ms"), queue_for("1Mbit", "1ms")] == [833, 20]


def test_a_pair_of_addresses_has_only_so_many_ports() -> None:
    assert [addresses_for(count) for count in (1, 25_000, 25_001, 100_000)] == [1, 1, 2, 4]


def test_an_idle_end_is_measured_as_small_as_it_is_and_none_is_left_over() -> None:
    assert 2_000 < bytes_of_an_end(200) < 3 * 1024
    assert two_hours(100) == 0
