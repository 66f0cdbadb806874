from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import info_challenge_ack
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_behind_a_rst_that_does_not_fit(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=9).server("PA", data=9).client("A")
    talk.client("R", shift=3000).server("A").client("PA", data=9).server("A")
    (finding,) = info_challenge_ack.check(capture.facts())
    assert (finding.severity, str(finding.subject), finding.confidence) == (Severity.INFO, "10.0.0.2:80", 0.9)


def test_suspects_where_the_cause_is_not_seen(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=9).server("PA", data=9).client("A").wait("10ms").server("A")
    talk.client("PA", data=9).server("A")
    assert [finding.confidence for finding in info_challenge_ack.check(capture.facts())] == [0.5]


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("PA", data=9).server("A").wait("60s").client("A", shift=-1).server("A"),  # a probe is answered
        lambda talk: talk.client("PA", data=9).server("A").wait("300ms").client(again=True).server("A"),  # repeated data is
        lambda talk: talk.client("PA", data=9).server("A").wait("1s").server("A", window=9000),  # a window update
        lambda talk: talk.client("PA", data=9, lost=True).client("PA", data=9).server("A").server("A"),  # duplicate ACKs
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk().open())
    assert list(info_challenge_ack.check(capture.facts())) == []


@pytest.mark.parametrize(("name", "count"), [("blind_rst.client.pcap", 1), ("blind_rst.server.pcap", 1), ("fast_open.client.pcap", 0)])
def test_over_real_kernels(laboratory: Laboratory, name: str, count: int) -> None:
    assert len(list(info_challenge_ack.check(laboratory(name)))) == count
