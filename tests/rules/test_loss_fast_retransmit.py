from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import CounterEvidence, Severity
from estab.diagnose.rules import loss_fast_retransmit
from tests.rules.conversation import Capture
from tests.rules.transfers import Transfer

Laboratory = Callable[[str], Facts]


def test_fires_for_a_repair_on_the_receivers_word(capture: Capture) -> None:
    Transfer(capture).bulk(0, 50).lose_one(50)
    (finding,) = loss_fast_retransmit.check(capture.facts())
    assert (finding.severity, finding.count) == (Severity.INFO, 1)
    assert any(isinstance(evidence, CounterEvidence) and evidence.counter == "fast_retransmits" for evidence in finding.evidence)


def test_fires_without_sack(capture: Capture) -> None:
    transfer = Transfer(capture, sack=False).bulk(0, 50).send(50, dropped=True).send(51, 52, 53).wait("20ms")
    transfer.ack(50).ack(50).ack(50).send(50).wait("20ms").ack(54)
    assert [finding.count for finding in loss_fast_retransmit.check(capture.facts())] == [1]


@pytest.mark.parametrize("name", ["fast_retransmit.server.pcap.gz", "fast_retransmit.client.pcap.gz"])
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert [finding.count for finding in loss_fast_retransmit.check(laboratory(name))] == [1]


@pytest.mark.parametrize(
    "name",
    [
        "loss_2pct.server.pcap.gz",
        "tail_loss_probe.server.pcap.gz",
        "rto_burst.server.pcap.gz",
        "ack_loss.server.pcap.gz",
        "reorder.server.pcap.gz",
    ],
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(loss_fast_retransmit.check(laboratory(name))) == []


def test_quiet_for_a_timeout(capture: Capture) -> None:
    Transfer(capture).bulk(0, 50).send(50, 51).wait("400ms").send(50).wait("20ms").ack(52)
    assert list(loss_fast_retransmit.check(capture.facts())) == []
