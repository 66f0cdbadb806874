from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import app_small_packets
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def write(capture: Capture, *, size: int, times: int, pause: str, answered: bool = False) -> None:
    talk = capture.talk().open()
    for _ in range(times):
        talk.client("PA", data=size).wait(pause)
        if answered:
            talk.server("PA", data=size)


def test_fires_for_a_stream_of_small_segments(capture: Capture) -> None:
    write(capture, size=30, times=150, pause="2ms")
    (finding,) = app_small_packets.check(capture.facts())
    assert finding.severity is Severity.INFO and "150 segments with 30 bytes each" in str(finding.summary)


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert [finding.count for finding in app_small_packets.check(laboratory("small_segments.client.pcap.gz"))] == [400]


@pytest.mark.parametrize(
    "how",
    [
        {"size": 30, "times": 50, "pause": "2ms"},  # few
        {"size": 30, "times": 150, "pause": "100ms"},  # keystrokes
        {"size": 30, "times": 150, "pause": "2ms", "answered": True},  # a dialogue
        {"size": 1000, "times": 150, "pause": "2ms"},
    ],
)
def test_quiet(capture: Capture, how) -> None:  # type: ignore[no-untyped-def]
    write(capture, **how)
    assert list(app_small_packets.check(capture.facts())) == []


def test_quiet_over_real_kernels(laboratory: Laboratory) -> None:
    assert list(app_small_packets.check(laboratory("loss_2pct.server.pcap.gz"))) == []
