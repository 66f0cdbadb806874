from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import PacketsEvidence, Severity
from estab.diagnose.rules import loss_retransmission
from tests.rules.conversation import Capture
from tests.rules.transfers import Transfer

Laboratory = Callable[[str], Facts]


def test_a_lossy_path_is_a_warning_with_rate_and_place(capture: Capture) -> None:
    transfer = Transfer(capture)
    for first in range(0, 40, 10):
        transfer.bulk(first, first + 6).lose_one(first + 6)
    (finding,) = loss_retransmission.check(capture.facts())
    assert (finding.severity, finding.count, str(finding.subject)) == (Severity.WARNING, 4, "10.0.0.2:80")
    assert "4 of 44 data segments" in str(finding.summary) and "(9.1 %)" in str(finding.summary)
    assert "passed the capture point" in str(finding.cause) and "10.0.0.1" in str(finding.cause)
    assert isinstance(finding.evidence[0], PacketsEvidence) and len(finding.evidence[0].frames) == 1


def test_one_repaired_loss_in_a_long_transfer_is_a_note(capture: Capture) -> None:
    Transfer(capture).bulk(0, 200).lose_one(200)
    (finding,) = loss_retransmission.check(capture.facts())
    assert (finding.severity, finding.count) == (Severity.INFO, 1)


def test_originals_that_never_passed_were_lost_before(capture: Capture) -> None:
    transfer = Transfer(capture, beside="client").bulk(0, 20)
    transfer.send(20, lost=True).send(21, 22).ack(20, sack=(21, 23)).wait("40ms").send(20).ack(23)
    (finding,) = loss_retransmission.check(capture.facts())
    assert "never passed the capture point" in str(finding.cause)


def test_beside_the_receiver_originals_that_were_seen_were_dropped_in_its_host(capture: Capture) -> None:
    transfer = Transfer(capture, beside="client").bulk(0, 20)
    transfer.send(20, dropped=True).send(21, 22).ack(20, sack=(21, 23)).wait("20ms").send(20).ack(23)
    (finding,) = loss_retransmission.check(capture.facts())
    assert "dropped inside that host" in str(finding.cause)


@pytest.mark.parametrize(
    ("name", "severity", "place"),
    [
        ("loss_2pct.server.pcap.gz", Severity.WARNING, "passed the capture point"),
        ("loss_2pct.client.pcap.gz", Severity.WARNING, "never passed"),
        ("loss_nosack.server.pcap.gz", Severity.WARNING, "passed the capture point"),
        ("loss_after_tap_point.client.pcap.gz", Severity.WARNING, "passed the capture point"),
        ("fast_retransmit.server.pcap.gz", Severity.INFO, "passed the capture point"),
        ("mixed_30.client.pcap", Severity.INFO, "passed the capture point"),
    ],
)
def test_fires_over_real_kernels(laboratory: Laboratory, name: str, severity: Severity, place: str) -> None:
    (finding,) = loss_retransmission.check(laboratory(name))
    assert finding.severity is severity and place in str(finding.cause)


@pytest.mark.parametrize(
    "name",
    [
        "ack_loss.server.pcap.gz",  # the originals had arrived
        "spurious_rto.client.pcap.gz",
        "reorder.client.pcap.gz",
        "network_duplicate.client.pcap.gz",
        "fmt-duplicated.pcap.gz",
        "fmt-shuffled.pcap.gz",
        "peer_vanished_server.client.pcap.gz",  # nothing was ever answered
        "pmtu_black_hole.client.pcap.gz",
        "zero_window_recovers.client.pcap",
        "normal_rtt40.client.pcap",
        "fmt-oneway-server.pcap.gz",
    ],
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(loss_retransmission.check(laboratory(name))) == []


def test_quiet_where_the_receiver_refutes_the_loss(capture: Capture) -> None:
    transfer = Transfer(capture).bulk(0, 20)
    transfer.send(20).wait("300ms").send(20).wait("20ms").ack(21).ack(21, sack=(20, 21))
    assert list(loss_retransmission.check(capture.facts())) == []


def test_quiet_where_the_data_of_a_syn_was_not_taken(laboratory: Laboratory) -> None:
    assert list(loss_retransmission.check(laboratory("tfo_black_hole.client.pcap.gz"))) == []


def test_quiet_where_something_stronger_explains_it(capture: Capture) -> None:
    Transfer(capture).lose_one(0)
    facts = capture.facts()
    (finding,) = loss_retransmission.check(facts)
    facts._claims["path.pmtu_reduced"] = facts.established
    assert finding.count == 1 and list(loss_retransmission.check(facts)) == []
