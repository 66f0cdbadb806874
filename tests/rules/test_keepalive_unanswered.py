from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import keepalive_unanswered
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


def probed(capture: Capture, times: int) -> Conversation:
    talk = capture.talk().open().client("PA", data=50).server("PA", data=50).client("A")
    for _ in range(times):
        talk.wait("10s").client("A", shift=-1)
    return talk


@pytest.mark.parametrize(("times", "reset", "confidence"), [(2, True, 0.95), (3, True, 0.95), (3, False, 0.85)])
def test_fires(capture: Capture, times: int, reset: bool, confidence: float) -> None:
    talk = probed(capture, times).wait("10s")
    if reset:
        talk.client("RA")
    (finding,) = keepalive_unanswered.check(capture.facts())
    assert (finding.severity, str(finding.subject), finding.confidence) == (Severity.WARNING, "10.0.0.2:80", confidence)
    assert len(finding.evidence) == 1 + reset


def test_quiet_while_too_few(capture: Capture) -> None:
    probed(capture, 2)
    assert list(keepalive_unanswered.check(capture.facts())) == []


def test_quiet_when_answered(capture: Capture) -> None:
    talk = probed(capture, 1)
    for _ in range(4):
        talk.server("A").wait("10s").client("A", shift=-1)
    talk.server("A")
    assert list(keepalive_unanswered.check(capture.facts())) == []


def test_quiet_for_probes_of_a_closed_window(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=1000).server("A", window=0)
    for _ in range(4):
        talk.wait("1s").client("A", shift=-1)
    assert list(keepalive_unanswered.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert [finding.count for finding in keepalive_unanswered.check(laboratory("keepalive_dead.client.pcap"))] == [1]
    assert list(keepalive_unanswered.check(laboratory("keepalive_answered.client.pcap"))) == []
