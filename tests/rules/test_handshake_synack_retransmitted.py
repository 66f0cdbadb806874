from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import handshake_synack_retransmitted
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_once_for_a_listener(capture: Capture) -> None:
    capture.talk(server="10.0.0.2:80").client("S").server("SA").wait("1s").server("SA", again=True).client("A")
    capture.talk(server="10.0.0.2:80").client("S").server("SA", dropped=True).wait("1s").server("SA", again=True, dropped=True)
    (finding,) = handshake_synack_retransmitted.check(capture.facts())
    assert (finding.count, finding.severity) == (2, Severity.INFO)
    assert "2 SYN-ACKs again in 2 connections; the client's ACK was seen in 1 of them" in str(finding.summary)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().close(),
        lambda talk: talk.client("S").server("SA").server("SA", again=True, ip_id=1).client("A"),  # a mirror port's copy
        lambda talk: talk.client("S").wait("1s").client("S", again=True).server("SA").client("A"),
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(handshake_synack_retransmitted.check(capture.facts())) == []


@pytest.mark.parametrize(
    ("name", "repeats"),
    [("return_path_blocked.server.pcap", 7), ("final_ack_lost.client.pcap", 1), ("accept_overflow_synack.server.pcap", 9)],
)
def test_fires_over_real_kernels(laboratory: Laboratory, name: str, repeats: int) -> None:
    (finding,) = handshake_synack_retransmitted.check(laboratory(name))
    assert f"sent {repeats} SYN-ACK" in str(finding.summary)


@pytest.mark.parametrize("name", ["return_path_blocked.client.pcap", "syn_lost_once.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(handshake_synack_retransmitted.check(laboratory(name))) == []
