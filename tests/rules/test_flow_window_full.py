from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.rules import flow_window_full
from tests.rules.conversation import Capture
from tests.rules.transfers import SIZE, Transfer

Laboratory = Callable[[str], Facts]


def fill(transfer: Transfer, times: int, window: int = 2 * SIZE) -> Transfer:
    """The window of two segments is filled again and again."""
    transfer.ack(0, window=window)
    for number in range(0, 2 * times, 2):
        transfer.send(number, number + 1).wait("50ms").ack(number + 2, window=window)
    return transfer


def test_fires_where_segments_end_at_the_edge(capture: Capture) -> None:
    fill(Transfer(capture), 4)
    (finding,) = flow_window_full.check(capture.facts())
    assert finding.count == 4 and "200 ms" in str(finding.summary)


@pytest.mark.parametrize("name", ["slow_reader.client.pcap.gz", "slow_reader.server.pcap.gz", "window_too_small.server.pcap.gz"])
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert len(list(flow_window_full.check(laboratory(name)))) == 1


@pytest.mark.parametrize("name", ["gro_super_segments.client.pcap.gz", "loss_2pct.server.pcap.gz", "normal_rtt40.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(flow_window_full.check(laboratory(name))) == []


def test_quiet_while_the_window_is_larger(capture: Capture) -> None:
    fill(Transfer(capture), 4, window=2 * SIZE + 1)
    assert list(flow_window_full.check(capture.facts())) == []
