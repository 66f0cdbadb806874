from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import latency_slow_handshake
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_for_a_repeated_syn(capture: Capture) -> None:
    capture.talk().client("S").wait("1s").client("S", again=True).server("SA").client("A")
    (finding,) = latency_slow_handshake.check(capture.facts())
    assert finding.severity is Severity.INFO and "sent again after 1 s" in str(finding.cause)


def test_fires_for_a_long_path(capture: Capture) -> None:
    capture.talk().open(rtt="1200ms")
    (finding,) = latency_slow_handshake.check(capture.facts())
    assert "The SYN-ACK came 1.2 s after the SYN" in str(finding.cause)


def test_fires_for_what_is_unusual_at_a_listener(capture: Capture) -> None:
    for _ in range(10):
        capture.talk().open(rtt="20ms")
    capture.talk().open(rtt="400ms")
    (finding,) = latency_slow_handshake.check(capture.facts())
    assert finding.count == 1 and "usual there is 20" in str(finding.summary)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open(rtt="400ms"),  # far away, but usual for all one knows
        lambda talk: talk.client("S").wait("2s").server("RA", seq=0),
        lambda talk: talk.open(rtt="500s"),  # the clock was set
        lambda talk: talk.server("SA").wait("2s").client("A"),  # the SYN was not captured
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(latency_slow_handshake.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = latency_slow_handshake.check(laboratory("syn_lost_once.client.pcap"))
    assert finding.count == 1


@pytest.mark.parametrize("name", ["syn_lost_once.server.pcap", "normal_rtt40.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(latency_slow_handshake.check(laboratory(name))) == []
