from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import handshake_return_path_blocked
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def unheard(capture: Capture, times: int) -> None:
    talk = capture.talk(server="10.0.0.2:5060").client("S")
    talk.server("SA", dropped=True)
    for _ in range(times):
        talk.wait("1s").client("S", again=True).server("SA", again=True, dropped=True)


def test_fires_where_both_ends_repeat_themselves(capture: Capture) -> None:
    unheard(capture, 3)
    (finding,) = handshake_return_path_blocked.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.WARNING, "10.0.0.2:5060")
    assert str(finding.summary).startswith("10.0.0.2:5060 sent 4 SYN-ACKs")
    assert "attack.syn_flood" in [other.code for other in finding.ruled_out]


def test_one_lost_answer_is_a_note(capture: Capture) -> None:
    unheard(capture, 1)
    (finding,) = handshake_return_path_blocked.check(capture.facts())
    assert finding.severity is Severity.INFO


def test_answers_that_come_as_far_as_the_client(capture: Capture) -> None:
    talk = capture.talk().client("S")
    for _ in range(3):
        talk.server("SA", dropped=True, ttl=57).wait("1s").client("S", again=True)
    (finding,) = handshake_return_path_blocked.check(capture.facts())
    assert "client's own network" in str(finding.cause)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().close(),
        lambda talk: talk.client("S").wait("1s").client("S", again=True),
        lambda talk: talk.client("S").server("SA", lost=True).wait("1s").client("S", again=True).server("SA", again=True).client("A"),
        # a source that never asks again: forged, or gone
        lambda talk: talk.client("S").server("SA", dropped=True).wait("1s").server("SA", again=True).wait("2s").server("SA", again=True),
        lambda talk: talk.client("S").server("SA").client("A", dropped=True).wait("1s").server("SA", again=True).client("A"),
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(handshake_return_path_blocked.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = handshake_return_path_blocked.check(laboratory("return_path_blocked.server.pcap"))
    assert finding.severity is Severity.WARNING and "8 SYN-ACKs" in str(finding.summary)


@pytest.mark.parametrize("name", ["return_path_blocked.client.pcap", "final_ack_lost.server.pcap", "accept_overflow_synack.server.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(handshake_return_path_blocked.check(laboratory(name))) == []
