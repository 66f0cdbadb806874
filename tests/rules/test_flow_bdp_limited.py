from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import flow_bdp_limited
from tests.rules.conversation import Capture
from tests.rules.transfers import SIZE, Transfer

Laboratory = Callable[[str], Facts]


def window_each_round_trip(capture: Capture, wait: str) -> None:
    transfer = Transfer(capture, window=8 * SIZE)
    for number in range(0, 320, 8):
        transfer.send(*range(number, number + 8)).wait(wait).ack(number + 8)


def test_fires_where_the_rate_is_window_over_round_trip(capture: Capture) -> None:
    window_each_round_trip(capture, "20ms")
    (finding,) = flow_bdp_limited.check(capture.facts())
    assert finding.severity is Severity.INFO and "11\u00a0680 bytes" in str(finding.summary)
    assert finding.remedy[1].undo


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert len(list(flow_bdp_limited.check(laboratory("window_too_small.server.pcap.gz")))) == 1


@pytest.mark.parametrize(
    "name", ["slow_reader.server.pcap.gz", "slow_reader.client.pcap.gz", "loss_2pct.server.pcap.gz", "zero_window_recovers.client.pcap"]
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(flow_bdp_limited.check(laboratory(name))) == []


def test_quiet_where_the_receiver_makes_room_late(capture: Capture) -> None:
    window_each_round_trip(capture, "70ms")  # the handshake said 20 ms
    assert list(flow_bdp_limited.check(capture.facts())) == []
