from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import close_closing_pile as rule
from estab.diagnose.rules import close_last_ack_pile
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]
WAITS = ("210ms", "400ms", "800ms", "1.6s", "3.2s")


def crossed(capture: Capture) -> Conversation:
    """The server's FIN passes the client's; the client hears of neither its own FIN nor the server's."""
    talk = capture.talk().open().client("PA", data=9).server("PA", data=9).client("A")
    heard = talk.ends["client"].heard
    talk.server("FA", dropped=True)
    talk.ends["client"].heard = heard
    return talk.client("FA", dropped=True)


def unanswered(capture: Capture, *, times: int = 5) -> Conversation:
    talk = crossed(capture)
    for pause in WAITS[:times]:
        talk.wait(pause).client("FA", again=True, dropped=True)
    return talk


def test_several_are_a_fault(capture: Capture) -> None:
    for _ in range(3):
        unanswered(capture)
    facts = capture.facts()
    (finding,) = rule.check(facts)
    assert (finding.severity, finding.count, str(finding.subject)) == (Severity.WARNING, 3, "10.0.0.1")
    assert "in CLOSING" in str(finding.summary)
    assert list(close_last_ack_pile.check(facts)) == []


def test_one_is_a_note(capture: Capture) -> None:
    unanswered(capture)
    assert [finding.severity for finding in rule.check(capture.facts())] == [Severity.INFO]


def test_quiet_where_one_fin_acknowledges_the_other(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=9).server("PA", data=9).client("A").server("FA").client("A")
    talk.client("FA", dropped=True)
    for pause in WAITS:
        talk.wait(pause).client("FA", again=True, dropped=True)
    facts = capture.facts()
    assert list(rule.check(facts)) == [] and len(list(close_last_ack_pile.check(facts))) == 1


def test_quiet_when_it_ends_in_order(capture: Capture) -> None:
    crossed(capture).server("A", ack=1_011).client("A", ack=500_011)
    assert list(rule.check(capture.facts())) == []


def test_quiet_while_too_few(capture: Capture) -> None:
    unanswered(capture, times=2)
    assert list(rule.check(capture.facts())) == []


@pytest.mark.parametrize("name", ["simultaneous_close.client.pcap", "fin_loss.server.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(rule.check(laboratory(name))) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    """Four sockets that both kernels had in CLOSING when the capture ended."""
    facts = laboratory("closing_pile.server.pcap")
    assert [finding.count for finding in rule.check(facts)] == [4]
    assert list(close_last_ack_pile.check(facts)) == []
