from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import AbsenceEvidence, Severity
from estab.diagnose.rules import middlebox_idle_timeout
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


def idle(capture: Capture, silence: str = "90s") -> Conversation:
    talk = capture.talk().open().client("PA", data=200).server("PA", data=500).client("A")
    return talk.wait(silence)


def swallowed(capture: Capture) -> Conversation:
    talk = idle(capture).client("PA", data=70)
    for pause in ("210ms", "400ms", "800ms", "1.6s", "3.2s"):
        talk.wait(pause).client(again=True)
    return talk


def test_fires_for_a_rst_from_elsewhere_after_a_silence(capture: Capture) -> None:
    idle(capture).client("PA", data=70).server("R", ttl=62)
    (finding,) = middlebox_idle_timeout.check(capture.facts())
    assert (finding.severity, finding.confidence, str(finding.subject)) == (Severity.CRITICAL, 0.9, "10.0.0.2:80")
    assert "90 s of silence" in str(finding.summary)


def test_fires_for_silence_where_the_host_lives_on(capture: Capture) -> None:
    swallowed(capture)
    capture.talk().open().client("PA", data=70).server("PA", data=9)
    (finding,) = middlebox_idle_timeout.check(capture.facts())
    assert finding.connections == (0,) and isinstance(finding.evidence[1], AbsenceEvidence)


def test_silence_alone_does_not_tell_a_device_from_a_dead_host(capture: Capture) -> None:
    swallowed(capture)
    assert list(middlebox_idle_timeout.check(capture.facts())) == []


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("PA", data=70).server("R"),  # from the host's own distance: it restarted
        lambda talk: talk.client("PA", data=70).server("R", ttl=128),  # another first TTL
        lambda talk: talk.client("PA", data=70).server("PA", data=9),  # a healthy pause
        lambda talk: talk.close(),
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(idle(capture))
    assert list(middlebox_idle_timeout.check(capture.facts())) == []


def test_quiet_without_a_silence(capture: Capture) -> None:
    idle(capture, "10ms").client("PA", data=70).server("R", ttl=62)
    assert list(middlebox_idle_timeout.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert [finding.severity for finding in middlebox_idle_timeout.check(laboratory("nat_idle_rst.client.pcap"))] == [Severity.CRITICAL]


@pytest.mark.parametrize("name", ["nat_idle_rst.server.pcap", "idle_control.client.pcap", "peer_rebooted.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(middlebox_idle_timeout.check(laboratory(name))) == []
