from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import PacketsEvidence, Severity
from estab.diagnose.rules import order_out_of_order
from tests.rules.conversation import Capture
from tests.rules.transfers import Transfer

Laboratory = Callable[[str], Facts]


def overtake(capture: Capture, times: int) -> Transfer:
    """In each of `times` bursts of ten the second segment comes after the fourth, with the IP number of its turn."""
    transfer = Transfer(capture, beside="client")
    for burst in range(times):
        first = 10 * burst
        server = transfer.talk.ends["server"]
        turn = server.ip_id + 1
        transfer.send(first, first + 2, first + 3)
        transfer.wait("2ms").send(first + 1, ip_id=turn)
        server.ip_id = turn + 3
        transfer.send(*range(first + 4, first + 10)).ack(first + 10).wait("20ms")
    return transfer


def test_many_are_a_warning(capture: Capture) -> None:
    overtake(capture, 8)
    (finding,) = order_out_of_order.check(capture.facts())
    assert (finding.severity, finding.count) == (Severity.WARNING, 8)
    assert isinstance(finding.evidence[0], PacketsEvidence) and len(finding.evidence[0].frames) == 1


def test_a_few_are_a_note(capture: Capture) -> None:
    overtake(capture, 2)
    (finding,) = order_out_of_order.check(capture.facts())
    assert (finding.severity, finding.count) == (Severity.INFO, 2)


@pytest.mark.parametrize(("name", "count"), [("reorder.client.pcap.gz", 6), ("spurious_rto.client.pcap.gz", 30)])
def test_fires_over_real_kernels(laboratory: Laboratory, name: str, count: int) -> None:
    (finding,) = order_out_of_order.check(laboratory(name))
    assert (finding.severity, finding.count) == (Severity.WARNING, count)


@pytest.mark.parametrize(
    "name",
    [
        "reorder.server.pcap.gz",
        "loss_2pct.client.pcap.gz",
        "network_duplicate.client.pcap.gz",
        "fmt-shuffled.pcap.gz",
        "fmt-time-backwards.pcap.gz",
    ],
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(order_out_of_order.check(laboratory(name))) == []


def test_quiet_for_a_repetition_whose_original_was_lost_before(capture: Capture) -> None:
    transfer = Transfer(capture, beside="client").bulk(0, 20)
    transfer.send(20, lost=True).send(21, 22).ack(20, sack=(21, 23)).wait("20ms").send(20).ack(23)
    assert list(order_out_of_order.check(capture.facts())) == []
