from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import PacketsEvidence, Severity
from estab.diagnose.rules import rst_data_after_close
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_for_a_client_that_overlooks_the_end(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=500).server("FA").client("A").wait("200ms")
    talk.client("PA", data=300).server("R")
    (finding,) = rst_data_after_close.check(capture.facts())
    assert (finding.severity, str(finding.subject), finding.confidence) == (Severity.WARNING, "10.0.0.1", 0.95)
    (packets,) = finding.evidence
    assert isinstance(packets, PacketsEvidence) and packets.frames == (5, 8)


def test_a_far_client_may_have_closed_before_the_reset_arrived(capture: Capture) -> None:
    """It wrote after the end, closed at once, and only then was told."""
    talk = capture.talk().open().client("PA", data=500).server("FA").client("A").wait("100ms")
    talk.client("PA", data=9, dropped=True).wait("150ms").client("FA", dropped=True).wait("50ms").server("R")
    (finding,) = rst_data_after_close.check(capture.facts())
    assert (str(finding.subject), finding.confidence) == ("10.0.0.1", 0.95)


def test_few_bytes_long_after_the_end_are_a_fault_too(capture: Capture) -> None:
    capture.talk().open().client("PA", data=500).server("FA").client("A").wait("2s").client("PA", data=9).server("R")
    assert [finding.severity for finding in rst_data_after_close.check(capture.facts())] == [Severity.WARNING]


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("FA").server("A").server("PA", data=31).client("R"),  # a last word of the protocol
        lambda talk: talk.client("FA").server("PA", data=900, ack=1001).client("R"),  # crossed on the way
    ],
)
def test_a_harmless_case_is_a_note(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk().open())
    assert [finding.severity for finding in rst_data_after_close.check(capture.facts())] == [Severity.INFO]


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("FA").server("A").server("PA", data=900).client("A").server("FA").client("A"),  # a half-close
        lambda talk: talk.client("PA", data=9).server("FA").client("FA").server("R"),  # RST after both FINs
        lambda talk: talk.client("PA", data=9).wait("2s").server("R"),  # no FIN before
        lambda talk: talk.client("FA").server("A").wait("61s").server("A", shift=-1).client("R"),  # a probe of a socket that is gone
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk().open())
    assert list(rst_data_after_close.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert [finding.severity for finding in rst_data_after_close.check(laboratory("rst_data_after_close.client.pcap"))] == [
        Severity.WARNING
    ]
