from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import AbsenceEvidence, Severity
from estab.diagnose.rules import half_open_peer_vanished
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


WAITS = ("210ms", "400ms", "800ms", "1.6s", "3.2s")


def insist(talk: Conversation, *, times: int = 5) -> Conversation:
    """The client repeats its latest segment on doubling timeouts."""
    for pause in WAITS[:times]:
        talk.wait(pause).client(again=True)
    return talk


def exchange(capture: Capture) -> Conversation:
    return capture.talk().open().client("PA", data=300).server("PA", data=600).client("A")


def test_fires_for_a_server_that_went_silent(capture: Capture) -> None:
    insist(exchange(capture).client("PA", data=200))
    (finding,) = half_open_peer_vanished.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.CRITICAL, "10.0.0.2:80")
    assert "200 bytes repeated 5 times" in str(finding.evidence[0].text) and isinstance(finding.evidence[1], AbsenceEvidence)


def test_fires_for_unanswered_probes(capture: Capture) -> None:
    talk = exchange(capture)
    for _ in range(3):
        talk.wait("10s").client("A", shift=-1)
    (finding,) = half_open_peer_vanished.check(capture.facts())
    assert "3 keepalive probes" in str(finding.evidence[0].text)


def test_says_so_where_the_host_lives_on(capture: Capture) -> None:
    insist(exchange(capture).client("PA", data=200))
    exchange(capture).close()
    (finding,) = half_open_peer_vanished.check(capture.facts())
    assert finding.connections == (0,) and "alive in other connections" in str(finding.cause)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: insist(talk.client("PA", data=200), times=2),  # the capture ends within a repetition
        lambda talk: insist(talk.client("PA", data=200)).server("A"),  # it came back
        lambda talk: insist(talk.client("PA", data=200), times=3).server("A", ack=1301).wait("3s").client(again=True),  # it spoke meanwhile
        lambda talk: insist(talk.client("FA")),  # the FIN alone
        lambda talk: insist(talk.server("FA").client("A").client("PFA", data=31)),  # last words after the other had closed
        lambda talk: talk.wait("60s").client("A", shift=-1).server("A"),  # a probe, answered
        lambda talk: talk.wait("60s").client("A", shift=-1),  # a probe at the very end
        lambda talk: talk.client("PA", data=200).server("A").wait("60s"),  # idle
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(exchange(capture))
    assert list(half_open_peer_vanished.check(capture.facts())) == []


def test_quiet_where_the_capture_misses_a_direction(capture: Capture) -> None:
    talk = capture.talk().client("S").server("SA", unseen=True).client("A").client("PA", data=300).server("PA", data=600, unseen=True)
    insist(talk.client("A").client("PA", data=200))
    assert list(half_open_peer_vanished.check(capture.facts())) == []


def test_quiet_where_the_handshake_was_the_last_word(capture: Capture) -> None:
    insist(capture.talk().open().client("PA", data=200))
    assert list(half_open_peer_vanished.check(capture.facts())) == []


@pytest.mark.parametrize(
    "name",
    ["peer_vanished_client.client.pcap", "keepalive_dead.client.pcap", "user_timeout.client.pcap", "nat_idle_silent.client.pcap"],
)
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert [finding.severity for finding in half_open_peer_vanished.check(laboratory(name))] == [Severity.CRITICAL]


@pytest.mark.parametrize(
    "name",
    [
        "fmt-oneway-client.pcap.gz",
        "fmt-oneway-server.pcap.gz",
        "fmt-midstream.pcap.gz",
        "rto_burst.server.pcap.gz",
        "idle_control.client.pcap",
    ],
)
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(half_open_peer_vanished.check(laboratory(name))) == []
