from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import congestion_ecn_marks
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


def agreed(capture: Capture) -> Conversation:
    return capture.talk().client("SEC").wait("1ms").server("SAE").client("A")


def test_fires_for_marks_and_echoes(capture: Capture) -> None:
    talk = (
        agreed(capture).server("PA", data=100, ecn=2).client("A").server("PA", data=100, ecn=3).client("AE").server("PAC", data=10, ecn=2)
    )
    talk.client("A")
    (finding,) = congestion_ecn_marks.check(capture.facts())
    assert finding.severity is Severity.INFO and "1 seen with CE, 1 echo, 1 answer " in str(finding.summary)
    assert "manages itself" in str(finding.cause)


def test_marks_on_everything_point_to_what_marks(capture: Capture) -> None:
    talk = agreed(capture)
    for _ in range(30):
        talk.server("PA", data=100, ecn=3).client("AE")
    (finding,) = congestion_ecn_marks.check(capture.facts())
    assert "Practically every packet" in str(finding.cause)


@pytest.mark.parametrize("name", ["ecn_marks.client.pcap.gz", "ecn_marks.server.pcap.gz"])
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert len(list(congestion_ecn_marks.check(laboratory(name)))) == 1


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("SEC").server("SAE").client("A").server("PA", data=100, ecn=2).client("A"),  # capable, not marked
        lambda talk: talk.open().server("PA", data=100).client("AE"),  # never agreed
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(congestion_ecn_marks.check(capture.facts())) == []
