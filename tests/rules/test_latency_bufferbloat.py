from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import latency_bufferbloat
from tests.rules.conversation import Capture
from tests.rules.transfers import Transfer

Laboratory = Callable[[str], Facts]


def fill_queue(capture: Capture, wait: str, burst: int = 40, rounds: int = 20) -> None:
    transfer = Transfer(capture)
    for first in range(0, burst * rounds, burst):
        transfer.send(*range(first, first + burst)).wait(wait).ack(first + burst)


def test_fires_where_the_round_trip_is_multiplied(capture: Capture) -> None:
    fill_queue(capture, "250ms")
    (finding,) = latency_bufferbloat.check(capture.facts())
    assert finding.severity is Severity.WARNING and "from 20" in str(finding.summary)


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = latency_bufferbloat.check(laboratory("bufferbloat.server.pcap.gz"))
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(("wait", "burst"), [("60ms", 40), ("250ms", 4)])  # a little longer; so little under way fills no queue
def test_quiet(capture: Capture, wait: str, burst: int) -> None:
    fill_queue(capture, wait, burst, rounds=800 // burst // 4)
    assert list(latency_bufferbloat.check(capture.facts())) == []


@pytest.mark.parametrize(
    "name", ["loss_2pct.server.pcap.gz", "slow_reader.server.pcap.gz", "small_segments.client.pcap.gz", "gro_super_segments.client.pcap.gz"]
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(latency_bufferbloat.check(laboratory(name))) == []
