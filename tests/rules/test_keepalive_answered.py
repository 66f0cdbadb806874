from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import CounterEvidence, Severity
from estab.diagnose.rules import keepalive_answered
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=50).server("PA", data=50).client("A")
    for _ in range(4):
        talk.wait("10s").client("A", shift=-1).server("A")
    (finding,) = keepalive_answered.check(capture.facts())
    (evidence,) = finding.evidence
    assert (finding.severity, str(finding.subject)) == (Severity.INFO, "10.0.0.2:80")
    assert isinstance(evidence, CounterEvidence) and evidence.after == 4


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("PA", data=50).server("A").wait("10s").client("A", shift=-1),  # no answer
        lambda talk: talk.client("PA", data=50).server("A", window=0).wait("1s").client("A", shift=-1).server("A", window=0),
        lambda talk: talk.client("PA", data=50).server("A").wait("60s").client("PA", data=1).server("A"),  # a heartbeat of the protocol
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk().open())
    assert list(keepalive_answered.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert len(list(keepalive_answered.check(laboratory("keepalive_answered.client.pcap")))) == 1
    assert list(keepalive_answered.check(laboratory("keepalive_dead.client.pcap"))) == []
