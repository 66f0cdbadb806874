from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import loss_rto_backoff
from tests.rules.conversation import Capture
from tests.rules.transfers import Transfer

Laboratory = Callable[[str], Facts]


def insist(transfer: Transfer, number: int, *waits: str) -> Transfer:
    """One segment again and again."""
    transfer.send(number, number + 1, dropped=True)
    for wait in waits:
        transfer.wait(wait).send(number)
    return transfer


def test_fires_for_a_run_without_an_answer(capture: Capture) -> None:
    insist(Transfer(capture).bulk(0, 10), 10, "300ms", "600ms", "1200ms", "2400ms")
    (finding,) = loss_rto_backoff.check(capture.facts())
    assert finding.severity is Severity.WARNING and "up to 4 times more" in str(finding.summary)
    assert "to the end of the capture" in str(finding.cause)


def test_a_run_that_ended_well_says_so(capture: Capture) -> None:
    insist(Transfer(capture).bulk(0, 10), 10, "300ms", "600ms", "1200ms").wait("20ms").ack(12)
    (finding,) = loss_rto_backoff.check(capture.facts())
    assert "went on" in str(finding.cause)


def test_a_consequence_is_a_note(capture: Capture) -> None:
    insist(Transfer(capture).bulk(0, 10), 10, "300ms", "600ms", "1200ms")
    facts = capture.facts()
    facts._claims["half_open.peer_vanished"] = facts.established
    (finding,) = loss_rto_backoff.check(facts)
    assert finding.severity is Severity.INFO and "another finding" in str(finding.cause)


@pytest.mark.parametrize(
    "name", ["peer_vanished_server.client.pcap.gz", "pmtu_black_hole.client.pcap.gz", "accept_overflow_cookies.client.pcap"]
)
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert len(list(loss_rto_backoff.check(laboratory(name)))) == 1


@pytest.mark.parametrize(
    "name", ["rto_burst.server.pcap.gz", "zero_window_recovers.client.pcap", "filtered_linear.client.pcap", "ack_loss.server.pcap.gz"]
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(loss_rto_backoff.check(laboratory(name))) == []


def test_quiet_for_two_repetitions_and_for_a_fin(capture: Capture) -> None:
    insist(Transfer(capture).bulk(0, 10), 10, "300ms", "600ms")
    talk = capture.talk().open().client("FA", dropped=True)
    for wait in ("300ms", "600ms", "1200ms", "2400ms"):
        talk.wait(wait).client("FA", again=True)
    assert list(loss_rto_backoff.check(capture.facts())) == []
