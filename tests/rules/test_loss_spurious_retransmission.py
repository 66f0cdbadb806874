from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import CounterEvidence, Severity
from estab.diagnose.rules import loss_spurious_retransmission
from tests.rules.conversation import Capture
from tests.rules.transfers import Transfer, stamped

Laboratory = Callable[[str], Facts]


def counters(facts: Facts) -> list[str]:
    (finding,) = loss_spurious_retransmission.check(facts)
    assert finding.severity is Severity.INFO
    return [evidence.counter for evidence in finding.evidence if isinstance(evidence, CounterEvidence)]


def test_fires_on_a_report_of_a_segment_received_twice(capture: Capture) -> None:
    Transfer(capture).bulk(0, 10).send(10).wait("60ms").send(10).wait("2ms").ack(11).wait("18ms").ack(11, sack=(10, 11))
    assert counters(capture.facts()) == ["dsack_repeats"]


def test_fires_where_the_acknowledgement_had_passed(capture: Capture) -> None:
    Transfer(capture, beside="client").bulk(0, 10).send(10).ack(11, dropped=True).wait("300ms").send(10).ack(11)
    assert counters(capture.facts()) == ["unneeded"]


def test_fires_where_the_original_is_echoed(capture: Capture) -> None:
    transfer = Transfer(capture).bulk(0, 10).send(10, **stamped(5000, 1)).wait("400ms").send(10, **stamped(5400, 1)).wait("5ms")
    transfer.ack(11, **stamped(900, 5000))
    assert counters(capture.facts()) == ["undone"]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("ack_loss.client.pcap.gz", 2),
        ("ack_loss.server.pcap.gz", 2),
        ("spurious_rto.client.pcap.gz", 2),
        ("spurious_rto.server.pcap.gz", 2),
        ("zero_window_recovers.client.pcap", 1),
    ],
)
def test_fires_over_real_kernels(laboratory: Laboratory, name: str, count: int) -> None:
    assert [finding.count for finding in loss_spurious_retransmission.check(laboratory(name))] == [count]


@pytest.mark.parametrize(
    "name",
    [
        "loss_2pct.server.pcap.gz",
        "rto_burst.server.pcap.gz",
        "tail_loss_probe.server.pcap.gz",
        "network_duplicate.server.pcap.gz",
        "fmt-duplicated.pcap.gz",
    ],
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(loss_spurious_retransmission.check(laboratory(name))) == []


def test_quiet_where_the_repetition_is_echoed(capture: Capture) -> None:
    transfer = (
        Transfer(capture).bulk(0, 10).send(10, dropped=True, **stamped(5000, 1)).wait("400ms").send(10, **stamped(5400, 1)).wait("20ms")
    )
    transfer.ack(11, **stamped(900, 5400))
    assert list(loss_spurious_retransmission.check(capture.facts())) == []


def test_quiet_for_a_copy_that_the_network_made(capture: Capture) -> None:
    Transfer(capture).bulk(0, 10).lose_one(10).bulk(14, 20).ack(20, sack=(18, 19))  # reported twice, repeated never
    assert list(loss_spurious_retransmission.check(capture.facts())) == []
