from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import PacketsEvidence, Severity
from estab.diagnose.rules import latency_slow_server_application
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires(capture: Capture) -> None:
    talk = capture.talk().open(rtt="20ms")
    for _ in range(3):
        talk.client("PA", data=200).wait("20ms").server("A").wait("1.5s").server("PA", data=500).client("A")
    (finding,) = latency_slow_server_application.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.WARNING, "10.0.0.2:80")
    assert isinstance(finding.evidence[0], PacketsEvidence) and "3 of 3 answers" in str(finding.summary)


@pytest.mark.parametrize(
    ("pauses", "severity"),
    [
        (("3s", "3.01s", "3s"), Severity.INFO),  # long polling, or another timer
        (("3s", "2.1s", "3.6s"), Severity.WARNING),  # work
        (("3s", "3s"), Severity.WARNING),  # too few to say
    ],
)
def test_answers_that_all_take_the_same_time_are_a_timers(capture: Capture, pauses: tuple[str, ...], severity: Severity) -> None:
    talk = capture.talk().open()
    for pause in pauses:
        talk.client("PA", data=200).wait("1ms").server("A").wait(pause).server("PA", data=500).client("A")
    (finding,) = latency_slow_server_application.check(capture.facts())
    assert finding.severity is severity
    assert ("a timer, and no work" in str(finding.cause)) is (severity is Severity.INFO)


def test_one_of_many_is_a_note(capture: Capture) -> None:
    talk = capture.talk().open()
    for pause in ("1ms",) * 9 + ("2s",):
        talk.client("PA", data=200).wait("1ms").server("A").wait(pause).server("PA", data=500).client("A")
    assert [finding.severity for finding in latency_slow_server_application.check(capture.facts())] == [Severity.INFO]


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open(rtt="900ms").client("PA", data=9).wait("900ms").server("PA", data=9),  # a long path
        lambda talk: talk.open().client("PA", data=9).wait("1.5s").server("A").wait("200ms").server("PA", data=9),  # the request came late
        lambda talk: talk.open().client("PA", data=9).server("A").wait("240s").server("PA", data=9),  # it had something to say
        lambda talk: talk.open().server("PA", data=9).client("A").wait("2s").client("PA", data=9),  # the client thinks
        lambda talk: talk.open().client("PA", data=9, lost=True).wait("1s").client(again=True).server("PA", data=9),  # loss
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(latency_slow_server_application.check(capture.facts())) == []


@pytest.mark.parametrize(
    ("name", "count"), [("slow_application.client.pcap", 1), ("idle_control.client.pcap", 0), ("normal_rtt40.client.pcap", 0)]
)
def test_over_real_kernels(laboratory: Laboratory, name: str, count: int) -> None:
    assert len(list(latency_slow_server_application.check(laboratory(name)))) == count


def test_a_long_poll_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = latency_slow_server_application.check(laboratory("long_poll.client.pcap"))
    assert finding.severity is Severity.INFO and "a timer, and no work" in str(finding.cause)
