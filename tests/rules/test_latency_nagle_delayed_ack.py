from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import CounterEvidence, Severity
from estab.diagnose.rules import latency_nagle_delayed_ack
from estab.wire.columns import OPT_MSS
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


def rounds(talk: Conversation, count: int, *, delay: str = "40ms", size: int = 20) -> Conversation:
    """Write, write, read: the second piece waits for the ACK of the first."""
    for _ in range(count):
        talk.client("PA", data=size).wait(delay).server("A").client("PA", data=size).server("PA", data=50)
    return talk


def test_fires(capture: Capture) -> None:
    rounds(capture.talk().open(), 10)
    (finding,) = latency_nagle_delayed_ack.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.WARNING, "10.0.0.1")
    assert isinstance(finding.evidence[0], CounterEvidence) and finding.evidence[0].after == 10


@pytest.mark.parametrize(("size", "found"), [(1_200, 1), (1_448, 0)])
def test_only_full_segments_are_not_held_back(capture: Capture, size: int, found: int) -> None:
    talk = capture.talk().client("S", options=OPT_MSS, mss=1_460).server("SA", options=OPT_MSS, mss=1_460).client("A")
    rounds(talk, 10, size=size)
    assert len(list(latency_nagle_delayed_ack.check(capture.facts()))) == found


def test_a_small_part_of_the_time_is_a_note(capture: Capture) -> None:
    rounds(capture.talk().open(), 6).client("A").wait("60s").client("PA", data=9).server("PA", data=9)
    assert [finding.severity for finding in latency_nagle_delayed_ack.check(capture.facts())] == [Severity.INFO]


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: rounds(talk, 3),  # too few
        lambda talk: rounds(talk, 10, delay="1ms"),  # acknowledged at once
        lambda talk: rounds(talk, 10, size=1460),  # full segments: something else holds them back
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk().open())
    assert list(latency_nagle_delayed_ack.check(capture.facts())) == []


@pytest.mark.parametrize(("name", "count"), [("nagle_delayed_ack.client.pcap", 1), ("nagle_off_control.client.pcap", 0)])
def test_over_real_kernels(laboratory: Laboratory, name: str, count: int) -> None:
    assert len(list(latency_nagle_delayed_ack.check(laboratory(name)))) == count
