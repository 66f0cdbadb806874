from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import AbsenceEvidence, Severity
from estab.diagnose.rules import latency_no_response
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_for_a_program_that_hangs(capture: Capture) -> None:
    capture.talk().open().client("PA", data=200).server("A").wait("4s").client("FA").server("A")
    (finding,) = latency_no_response.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.WARNING, "10.0.0.2:80")
    assert isinstance(finding.evidence[1], AbsenceEvidence) and "1 client gave up" in str(finding.summary)


def test_fires_while_one_waits_far_longer_than_the_others(capture: Capture) -> None:
    capture.talk().open().client("PA", data=200).server("A")
    for _ in range(4):
        capture.talk().open().client("PA", data=200).wait("50ms").server("PA", data=900).client("A").close()
    capture.wait("8s")
    (finding,) = latency_no_response.check(capture.facts())
    assert finding.connections == (0,) and "other answers took" in str(finding.evidence[1].text)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("PA", data=200).server("A").wait("9s").client("FA").server("FA").client("A"),  # it only delivers
        lambda talk: talk.client("PA", data=200).server("A").wait("9s"),  # nobody knows whether an answer is due
        lambda talk: talk.client("PA", data=200).wait("9s").client("FA"),  # not even acknowledged
        lambda talk: talk.client("PA", data=200).server("PA", data=9).client("A").wait("9s").client("FA").server("A"),  # answered
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk().open())
    assert list(latency_no_response.check(capture.facts())) == []


@pytest.mark.parametrize(
    ("name", "count"), [("application_hang.client.pcap", 3), ("close_wait_leak.client.pcap", 0), ("idle_control.client.pcap", 0)]
)
def test_over_real_kernels(laboratory: Laboratory, name: str, count: int) -> None:
    assert sum(finding.count for finding in latency_no_response.check(laboratory(name))) == count
