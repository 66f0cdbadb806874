from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import flow_receiver_limited
from tests.rules.conversation import Capture
from tests.rules.transfers import SIZE, Transfer

Laboratory = Callable[[str], Facts]


def read_late(capture: Capture, times: int) -> None:
    """The receiver acknowledges without making room, and makes room only when its application has read."""
    transfer = Transfer(capture, window=4 * SIZE)
    for number in range(0, 4 * times, 4):
        transfer.send(number, number + 1, number + 2, number + 3).wait("20ms").ack(number + 4, window=1)
        transfer.wait("100ms").ack(number + 4)


def test_a_slow_reader_is_a_warning(capture: Capture) -> None:
    read_late(capture, 10)
    (finding,) = flow_receiver_limited.check(capture.facts())
    assert finding.severity is Severity.WARNING and "reads too slowly" in str(finding.title)


def test_a_window_that_is_only_small_is_a_note(capture: Capture) -> None:
    transfer = Transfer(capture, window=8 * SIZE)
    for number in range(0, 80, 8):  # a queue on the way delays now and then, so that the rate is not window over round trip
        transfer.send(*range(number, number + 8)).wait("20ms" if number % 16 else "150ms").ack(number + 8)
    (finding,) = flow_receiver_limited.check(capture.facts())
    assert finding.severity is Severity.INFO and "does not tell which" in str(finding.cause)


@pytest.mark.parametrize("name", ["slow_reader.client.pcap.gz", "slow_reader.server.pcap.gz", "slow_reader_large_window.client.pcap.gz"])
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert [finding.severity for finding in flow_receiver_limited.check(laboratory(name))] == [Severity.WARNING]


@pytest.mark.parametrize(
    "name",
    [
        "zero_window_recovers.client.pcap",
        "window_too_small.server.pcap.gz",
        "gro_super_segments.client.pcap.gz",
        "loss_2pct.server.pcap.gz",
    ],
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(flow_receiver_limited.check(laboratory(name))) == []


def test_quiet_for_a_few_moments(capture: Capture) -> None:
    read_late(capture, 3)
    assert list(flow_receiver_limited.check(capture.facts())) == []
