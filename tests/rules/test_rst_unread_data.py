from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity, SubjectKind
from estab.diagnose.rules import rst_unread_data
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_where_a_request_is_answered_by_rst(capture: Capture) -> None:
    capture.talk().open().client("PA", data=1000).server("A").wait("200ms").server("RA")
    (finding,) = rst_unread_data.check(capture.facts())
    assert (finding.severity, finding.subject.kind, finding.confidence) == (Severity.WARNING, SubjectKind.LISTENER, 0.7)


def test_is_surer_where_data_was_not_even_acknowledged(capture: Capture) -> None:
    capture.talk().open().server("PA", data=1000).client("A").server("PA", data=900).client("RA")
    (finding,) = rst_unread_data.check(capture.facts())
    assert finding.confidence == 0.85 and "900 bytes" in str(finding.evidence[0].text) and str(finding.subject) == "10.0.0.1"


def test_a_small_share_is_a_note(capture: Capture) -> None:
    for _ in range(40):
        capture.talk().open().client("PA", data=9).server("PA", data=9).close()
    capture.talk().open().client("PA", data=1000).server("RA")
    (finding,) = rst_unread_data.check(capture.facts())
    assert finding.severity is Severity.INFO


def test_a_last_word_after_an_exchange_is_a_note(capture: Capture) -> None:
    capture.talk().open().client("PA", data=500).server("PA", data=900).client("PA", data=43).server("RA")
    assert [finding.severity for finding in rst_unread_data.check(capture.facts())] == [Severity.INFO]


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().client("PA", data=9).server("PA", data=9).client("A").client("RA"),  # all answered
        lambda talk: talk.open().client("PA", data=9).server("FA").client("PA", data=9).server("R"),  # after the close
        lambda talk: talk.open().client("PA", data=9).server("R"),  # no socket
        lambda talk: talk.open().client("PA", data=9).server("RA", shift=5000),  # nobody believes it
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(rst_unread_data.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert [finding.severity for finding in rst_unread_data.check(laboratory("rst_unread_server.server.pcap"))] == [Severity.WARNING]
