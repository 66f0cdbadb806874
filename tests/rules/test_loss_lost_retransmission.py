from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import loss_lost_retransmission
from tests.rules.conversation import Capture
from tests.rules.transfers import Transfer

Laboratory = Callable[[str], Facts]


def lose_twice(transfer: Transfer, number: int) -> Transfer:
    """The repetition is lost, and repeated on the receiver's word."""
    transfer.send(number, dropped=True).send(number + 1, number + 2).wait("20ms").ack(number, sack=(number + 1, number + 3))
    transfer.send(number, dropped=True).send(number + 3).wait("20ms").ack(number, sack=(number + 1, number + 4))
    return transfer.send(number).wait("20ms").ack(number + 4)


def test_one_is_a_note_several_are_a_warning(capture: Capture) -> None:
    transfer = lose_twice(Transfer(capture).bulk(0, 10), 10)
    (finding,) = loss_lost_retransmission.check(capture.facts())
    assert (finding.severity, finding.count) == (Severity.INFO, 1)
    lose_twice(lose_twice(transfer, 14), 18)
    (finding,) = loss_lost_retransmission.check(capture.facts())
    assert (finding.severity, finding.count) == (Severity.WARNING, 3)


@pytest.mark.parametrize("name", ["lost_retransmission.server.pcap.gz", "loss_2pct.server.pcap.gz"])
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert [finding.count for finding in loss_lost_retransmission.check(laboratory(name))] == [1]  # TCPLostRetransmit of those kernels


@pytest.mark.parametrize("name", ["fast_retransmit.server.pcap.gz", "loss_nosack.server.pcap.gz", "peer_vanished_server.client.pcap.gz"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(loss_lost_retransmission.check(laboratory(name))) == []


def test_quiet_for_two_losses_of_two_segments(capture: Capture) -> None:
    Transfer(capture).bulk(0, 10).lose_one(10).lose_one(14)
    assert list(loss_lost_retransmission.check(capture.facts())) == []
