from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import loss_tail_loss
from tests.rules.conversation import Capture
from tests.rules.transfers import Transfer

Laboratory = Callable[[str], Facts]


@pytest.mark.parametrize("wait", ["50ms", "260ms"])  # a probe after two round trips, or when the timer runs out
def test_fires_for_the_last_segment_of_a_burst(capture: Capture, wait: str) -> None:
    Transfer(capture).bulk(0, 10).send(10).send(11, dropped=True).wait("20ms").ack(11).wait(wait).send(11).wait("20ms").ack(12)
    (finding,) = loss_tail_loss.check(capture.facts())
    assert (finding.severity, finding.count) == (Severity.INFO, 1)


@pytest.mark.parametrize("name", ["tail_loss_probe.server.pcap.gz", "mixed_30.client.pcap"])
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert [finding.count for finding in loss_tail_loss.check(laboratory(name))] == [1]


@pytest.mark.parametrize(
    "name",
    [
        "fast_retransmit.server.pcap.gz",
        "loss_2pct.server.pcap.gz",
        "zero_window_recovers.client.pcap",
        "peer_vanished_server.client.pcap.gz",
    ],
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(loss_tail_loss.check(laboratory(name))) == []


def test_quiet_where_the_receiver_had_it(capture: Capture) -> None:
    transfer = Transfer(capture).bulk(0, 10).send(10).wait("50ms").send(10).wait("5ms").ack(11)
    transfer.ack(11, sack=(10, 11))
    assert list(loss_tail_loss.check(capture.facts())) == []


def test_quiet_for_a_segment_in_the_middle(capture: Capture) -> None:
    Transfer(capture).bulk(0, 10).lose_one(10)
    assert list(loss_tail_loss.check(capture.facts())) == []
