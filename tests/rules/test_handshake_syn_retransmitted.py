from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import handshake_syn_retransmitted
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_once_for_a_listener(capture: Capture) -> None:
    capture.talk(server="10.0.0.2:80").client("S").wait("1s").client("S", again=True).server("SA").client("A")
    capture.talk(server="10.0.0.2:80").client("S").wait("1s").client("S", again=True).wait("1s").client("S", again=True)
    (finding,) = handshake_syn_retransmitted.check(capture.facts())
    assert (finding.count, finding.severity, finding.connections) == (2, Severity.INFO, (1, 0))
    assert "3 SYNs to 10.0.0.2:80 were sent again in 2 connections, of which 1 came about" in str(finding.summary)


def test_a_lost_syn_is_named_so(capture: Capture) -> None:
    capture.talk().client("S").wait("1s").client("S", again=True).server("SA").client("A")
    (finding,) = handshake_syn_retransmitted.check(capture.facts())
    assert "a later one got through" in str(finding.cause)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().close(),
        lambda talk: talk.client("S").server("RA", seq=0).wait("500ms").client("S", again=True).server("RA", seq=0),  # refused, tried again
        lambda talk: talk.client("S").client("S", again=True, ip_id=1).server("SA").client("A"),  # a mirror port's copy
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(handshake_syn_retransmitted.check(capture.facts())) == []


@pytest.mark.parametrize(
    ("name", "repeats"), [("syn_lost_once.client.pcap", 1), ("filtered_exponential.server.pcap", 3), ("accept_overflow.client.pcap", 24)]
)
def test_fires_over_real_kernels(laboratory: Laboratory, name: str, repeats: int) -> None:
    (finding,) = handshake_syn_retransmitted.check(laboratory(name))
    assert str(finding.summary).startswith(f"{repeats} SYN")


@pytest.mark.parametrize("name", ["syn_lost_once.server.pcap", "refused.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(handshake_syn_retransmitted.check(laboratory(name))) == []
