from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import AbsenceEvidence, Severity, SubjectKind
from estab.diagnose.rules import close_close_wait_leak
from estab.instant import SECOND_NS
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


def leak(capture: Capture) -> Conversation:
    """The client has closed, the server has taken note and does nothing more."""
    return capture.talk().open().client("PA", data=10).server("PA", data=100).client("FA").wait("40ms").server("A")


def test_fires_for_a_listener_that_never_closes(capture: Capture) -> None:
    for _ in range(6):
        leak(capture)
    capture.wait("30s")
    (finding,) = close_close_wait_leak.check(capture.facts())
    assert (finding.count, finding.severity, finding.subject.kind) == (6, Severity.CRITICAL, SubjectKind.LISTENER)
    absence = finding.evidence[1]
    assert isinstance(absence, AbsenceEvidence) and absence.to_ns - absence.from_ns > 30 * SECOND_NS


def test_the_oldest_comes_first(capture: Capture) -> None:
    healthy = capture.talk().open()
    leak(capture)
    capture.wait("10s")
    leak(capture)
    healthy.close()
    capture.wait("20s")
    (finding,) = close_close_wait_leak.check(capture.facts())
    assert finding.connections == (1, 2) and finding.severity is Severity.WARNING


def test_fires_for_a_client_that_never_closes(capture: Capture) -> None:
    capture.talk(client="10.0.0.7").open().server("FA").client("A")
    capture.wait("5s")
    (finding,) = close_close_wait_leak.check(capture.facts())
    assert (finding.subject.kind, finding.subject.address, finding.subject.port) == (SubjectKind.HOST, "10.0.0.7", None)


def test_one_young_case_is_a_note(capture: Capture) -> None:
    leak(capture)
    (finding,) = close_close_wait_leak.check(capture.facts())
    assert finding.severity is Severity.INFO and finding.confidence == 0.5


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("close_wait_leak.client.pcap", Severity.CRITICAL),
        ("close_wait_leak.server.pcap", Severity.CRITICAL),
        ("fin_wait2_stuck.client.pcap", Severity.INFO),
        ("mixed_30.client.pcap", Severity.WARNING),
    ],
)
def test_fires_over_real_kernels(laboratory: Laboratory, name: str, severity: Severity) -> None:
    assert [finding.severity for finding in close_close_wait_leak.check(laboratory(name))] == [severity]


@pytest.mark.parametrize(
    "end",
    [
        lambda talk: talk.client("FA").server("FA").client("A"),  # an ordinary close
        lambda talk: talk.client("FA").server("A").wait("20ms").server("FA").client("A"),  # in four segments
        lambda talk: talk.client("FA").server("A").server("PA", data=500).client("A"),  # a half-close in use
        lambda talk: talk.client("FA").server("A").wait("1s").client("RA"),  # the client gave up
        lambda talk: talk.client("FA").server("RA"),  # the server reset
        lambda talk: talk.client("FA", dropped=True),  # the server never got it
        lambda talk: talk.client("PA", data=10).server("A"),  # idle
    ],
)
def test_quiet(capture: Capture, end) -> None:  # type: ignore[no-untyped-def]
    end(capture.talk().open())
    capture.wait("60s")
    assert list(close_close_wait_leak.check(capture.facts())) == []


def test_quiet_while_it_takes_no_longer_than_usual(capture: Capture) -> None:
    for _ in range(5):
        capture.talk().open().client("FA").wait("40ms").server("A").wait("400ms").server("FA").client("A")
    leak(capture).wait("500ms")
    assert list(close_close_wait_leak.check(capture.facts())) == []


def test_one_young_case_of_an_owner_that_closes_otherwise_is_the_end_of_the_capture(capture: Capture) -> None:
    for _ in range(5):
        capture.talk().open().close()
    leak(capture).wait("60ms")
    assert list(close_close_wait_leak.check(capture.facts())) == []
