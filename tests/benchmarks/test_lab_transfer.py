"""Simulated transfers against the rate of the link and against response functions, in short runs."""

from __future__ import annotations

import pytest

from benchmarks.lab_idle import addresses_for
from benchmarks.lab_transfer import FULL_PACKET_BYTES, MSS_BYTES, expected_segments, transfer


@pytest.mark.parametrize(("rate", "bits", "delay"), [("10Mbit", 10e6, "20ms"), ("50Mbit", 50e6, "5ms")])
def test_without_loss_the_link_is_filled(rate: str, bits: float, delay: str) -> None:
    done = transfer(rate=rate, delay=delay, seconds=4.0)
    assert done.goodput_bits_per_s == pytest.approx(bits * MSS_BYTES / FULL_PACKET_BYTES, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("congestion", ["reno", "cubic"])
@pytest.mark.parametrize("lose_every", [100, 33])
def test_with_loss_the_rate_follows_the_response_function(congestion: str, lose_every: int) -> None:
    done = transfer(rate="10Gbit", delay="50ms", seconds=150.0, congestion=congestion, lose_every=lose_every, warm_up_s=20.0)
    assert done.segments_per_rtt == pytest.approx(expected_segments(congestion, 1 / lose_every, 0.1), rel=0.2)


def test_the_response_functions_themselves() -> None:
    assert expected_segments("reno", 0.0001, 0.1) == pytest.approx((1.5 / 0.0001) ** 0.5, rel=0.01)
    assert expected_segments("reno", 0.03, 0.1) < (1.5 / 0.03) ** 0.5
    assert expected_segments("cubic", 0.00001, 0.1) > 2 * expected_segments("reno", 0.00001, 0.1)


def test_a_pair_of_addresses_has_only_so_many_ports() -> None:
    assert [addresses_for(count) for count in (1, 25_000, 25_001, 100_000)] == [1, 1, 2, 4]
