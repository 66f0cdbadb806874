from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import CounterEvidence, PacketsEvidence, Severity, SubjectKind
from estab.diagnose.rules import flow_zero_window
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


def fill(talk: Conversation) -> Conversation:
    """The client fills the server's buffer; the server closes its window."""
    return talk.open().client("PA", data=1000).server("A", window=0)


def test_fires_while_the_window_stays_closed(capture: Capture) -> None:
    talk = fill(capture.talk())
    for _ in range(3):
        talk.wait("500ms").client("A", shift=-1).server("A", window=0)
    (finding,) = flow_zero_window.check(capture.facts())
    assert (finding.severity, finding.subject.kind, finding.connections) == (Severity.WARNING, SubjectKind.LISTENER, (0,))
    closed, probes = finding.evidence
    assert isinstance(closed, PacketsEvidence) and closed.frames == (5,)
    assert isinstance(probes, CounterEvidence) and probes.after == 3
    assert [other.code for other in finding.ruled_out] == ["loss.retransmission", "half_open.peer_vanished"]
    assert "still full" in str(finding.cause)


def test_fires_for_a_client_that_reads_slowly_for_a_while(capture: Capture) -> None:
    talk = capture.talk(client="10.0.0.9").open().server("PA", data=1000).client("A", window=0)
    talk.wait("3s").client("A", window=4000).server("PA", data=500).client("A").close()
    (finding,) = flow_zero_window.check(capture.facts())
    assert finding.severity is Severity.WARNING and str(finding.subject) == "10.0.0.9" and "went on later" in str(finding.cause)


def test_a_short_closing_is_a_note(capture: Capture) -> None:
    fill(capture.talk()).wait("20ms").server("A", window=60_000).wait("1s").client("PA", data=10).server("A")
    (finding,) = flow_zero_window.check(capture.facts())
    assert finding.severity is Severity.INFO


@pytest.mark.parametrize(
    "name", ["zero_window_capture_ends.client.pcap", "zero_window_capture_ends.server.pcap", "zero_window_recovers.client.pcap"]
)
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert [finding.severity for finding in flow_zero_window.check(laboratory(name))] == [Severity.WARNING]


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().client("PA", data=1000).server("A", window=1),  # small but open
        lambda talk: talk.open().client("PA", data=1000).server("RA"),  # a RST has a window of 0
        lambda talk: talk.client("S", window=0).server("RA", seq=0),
        lambda talk: talk.open().client("PA", data=1000).server("A").close(),
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    capture.wait("5s")
    assert list(flow_zero_window.check(capture.facts())) == []


def test_a_reset_ends_the_wait(capture: Capture) -> None:
    fill(capture.talk()).wait("5s").client("RA")
    capture.wait("60s")
    (finding,) = flow_zero_window.check(capture.facts())
    assert finding.severity is Severity.WARNING and "once for 5 s" in str(finding.summary) and "was reset" in str(finding.cause)


def test_of_a_connection_that_fell_silent_nothing_more_is_claimed(capture: Capture) -> None:
    fill(capture.talk())
    capture.wait("2h")
    capture.talk().open().close()
    (finding,) = flow_zero_window.check(capture.facts())
    assert "once for 2 min" in str(finding.summary)
