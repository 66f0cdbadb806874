from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import close_last_ack_pile as rule
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


WAITS = ("210ms", "400ms", "800ms", "1.6s", "3.2s")


def unanswered(capture: Capture, *, times: int = 5) -> Conversation:
    """The client's FIN is repeated on doubling timeouts."""
    talk = capture.talk().open().client("PA", data=9).server("PA", data=9).client("A")
    talk.server("FA").client("A")
    talk.client("FA", dropped=True)
    for pause in WAITS[:times]:
        talk.wait(pause).client(again=True, dropped=True)
    return talk


def test_several_are_a_fault(capture: Capture) -> None:
    for _ in range(3):
        unanswered(capture)
    (finding,) = rule.check(capture.facts())
    assert (finding.severity, finding.count, str(finding.subject)) == (Severity.WARNING, 3, "10.0.0.1")


def test_one_is_a_note(capture: Capture) -> None:
    unanswered(capture)
    assert [finding.severity for finding in rule.check(capture.facts())] == [Severity.INFO]


def test_quiet_when_answered_in_the_end(capture: Capture) -> None:
    unanswered(capture).server("A", ack=1011)
    assert list(rule.check(capture.facts())) == []


def test_quiet_while_too_few(capture: Capture) -> None:
    unanswered(capture, times=2)
    assert list(rule.check(capture.facts())) == []


def test_quiet_on_the_other_side_of_a_close(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=9).server("A")
    talk.wait("1s")
    talk.client("FA", dropped=True)
    for pause in WAITS:
        talk.wait(pause).client(again=True, dropped=True)
    assert list(rule.check(capture.facts())) == []


@pytest.mark.parametrize("name", ["fin_loss.server.pcap", "last_ack_lost.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(rule.check(laboratory(name))) == []
