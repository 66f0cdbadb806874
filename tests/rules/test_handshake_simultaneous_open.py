from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import handshake_simultaneous_open
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_for_crossing_syns(capture: Capture) -> None:
    talk = capture.talk(client="10.0.0.1:5001", server="10.0.0.2:5002")
    talk.client("S").server("S").client("SA", seq=1_000).server("SA", seq=500_000).client("PA", data=10).server("PA", data=10)
    (finding,) = handshake_simultaneous_open.check(capture.facts())
    assert (finding.severity, finding.confidence, finding.evidence[0].frames) == (Severity.INFO, 0.97, (1, 2))  # type: ignore[union-attr]


def test_an_opening_that_got_no_further_is_less_certain(capture: Capture) -> None:
    capture.talk(client="10.0.0.1:5001", server="10.0.0.2:5002").client("S").server("S")
    (finding,) = handshake_simultaneous_open.check(capture.facts())
    assert finding.confidence == 0.8 and "not completed" in str(finding.cause)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().close(),
        lambda talk: talk.client("S").wait("1s").client("S", again=True).server("SA").client("A"),
        lambda talk: talk.client("S").server("SA").client("R"),
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(handshake_simultaneous_open.check(capture.facts())) == []


@pytest.mark.parametrize("point", ["client", "server"])
def test_fires_over_real_kernels(laboratory: Laboratory, point: str) -> None:
    (finding,) = handshake_simultaneous_open.check(laboratory(f"simultaneous_open.{point}.pcap"))
    assert finding.count == 1


def test_quiet_over_real_kernels(laboratory: Laboratory) -> None:
    assert list(handshake_simultaneous_open.check(laboratory("loopback.lo.pcap"))) == []
