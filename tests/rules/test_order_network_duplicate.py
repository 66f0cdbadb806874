from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity, SubjectKind
from estab.diagnose.rules import order_network_duplicate
from tests.rules.conversation import Capture
from tests.rules.transfers import Transfer

Laboratory = Callable[[str], Facts]


def copied(transfer: Transfer, number: int) -> None:
    """A segment and a copy of it: the same IP packet once more."""
    server = transfer.talk.ends["server"]
    transfer.send(number)
    server.ip_id -= 1
    transfer.wait("1ms").send(number)


def test_copies_of_the_network_are_a_warning(capture: Capture) -> None:
    transfer = Transfer(capture, beside="client")
    for number in range(0, 50, 10):
        copied(transfer, number)
        transfer.send(*range(number + 1, number + 10)).ack(number + 10)
    (finding,) = order_network_duplicate.check(capture.facts())
    assert (finding.severity, finding.count, finding.subject.kind) == (Severity.WARNING, 5, SubjectKind.LISTENER)


def test_one_copy_is_a_note(capture: Capture) -> None:
    transfer = Transfer(capture, beside="client")
    copied(transfer, 0)
    transfer.send(1).ack(2)
    (finding,) = order_network_duplicate.check(capture.facts())
    assert finding.severity is Severity.INFO


def test_beside_the_sender_the_receiver_tells(capture: Capture) -> None:
    transfer = Transfer(capture).bulk(0, 30)
    for number in (3, 9, 20):
        transfer.ack(30, sack=(number, number + 1))
    (finding,) = order_network_duplicate.check(capture.facts())
    assert finding.count == 3 and "D-SACK" in str(finding.evidence[0].text)


@pytest.mark.parametrize("name", ["network_duplicate.client.pcap.gz", "network_duplicate.server.pcap.gz"])
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    (finding,) = order_network_duplicate.check(laboratory(name))
    assert (finding.severity, finding.count, finding.subject.kind) == (Severity.WARNING, 6, SubjectKind.LISTENER)  # 6 copies were made


@pytest.mark.parametrize("name", ["fmt-duplicated.pcap.gz", "fmt-duplicated-routed.pcap.gz", "fmt-pcapng-two-interfaces.pcapng.gz"])
def test_a_capture_that_holds_packets_twice_is_told_apart(laboratory: Laboratory, name: str) -> None:
    facts = laboratory(name)
    (finding,) = order_network_duplicate.check(facts)
    assert (finding.severity, finding.count, finding.subject.kind) == (Severity.INFO, 42, SubjectKind.CAPTURE)
    assert facts.connections.server.payload_bytes[:3].tolist() == [20_000, 20_001, 20_002]  # copies are not counted


@pytest.mark.parametrize(
    "name", ["loss_2pct.server.pcap.gz", "ack_loss.client.pcap.gz", "spurious_rto.client.pcap.gz", "accept_overflow_abort.client.pcap"]
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(order_network_duplicate.check(laboratory(name))) == []


def test_quiet_for_a_repetition(capture: Capture) -> None:
    Transfer(capture).lose_one(0)
    assert list(order_network_duplicate.check(capture.facts())) == []
