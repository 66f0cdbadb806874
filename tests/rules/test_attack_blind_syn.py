from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import attack_blind_syn
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def forged(capture: Capture, *, ttl: int = 47, reset: bool = False) -> Facts:
    talk = capture.talk().open().client("PA", data=100).server("PA", data=400).client("A")
    talk.client("S", seq=900_000, ttl=ttl).server("A")
    if reset:
        talk.client("R")
        return capture.facts()
    talk.client("PA", data=100).server("PA", data=400).close()
    return capture.facts()


def test_fires_where_the_connection_goes_on(capture: Capture) -> None:
    (finding,) = attack_blind_syn.check(forged(capture))
    assert (finding.severity, finding.confidence, str(finding.subject)) == (Severity.WARNING, 0.95, "10.0.0.2:80")
    assert "timewait.stale_tuple" in [other.code for other in finding.ruled_out]


def test_without_another_time_to_live_it_is_less_certain(capture: Capture) -> None:
    (finding,) = attack_blind_syn.check(forged(capture, ttl=64))
    assert finding.confidence == 0.75


def test_a_client_that_resets_had_sent_it_itself(capture: Capture) -> None:
    assert list(attack_blind_syn.check(forged(capture, reset=True))) == []


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().close(),
        lambda talk: (
            talk.open().client("PA", data=9).client("S", seq=900_000).server("SA", seq=700_000).client("A").client("PA", data=9).server("A")
        ),
        lambda talk: talk.client("S").wait("1s").client("S", again=True).server("SA").client("A"),
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(attack_blind_syn.check(capture.facts())) == []


@pytest.mark.parametrize("name", ["blind_rst.server.pcap", "timewait_reuse_server.server.pcap", "simultaneous_open.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(attack_blind_syn.check(laboratory(name))) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    facts = laboratory("blind_syn.server.pcap")
    (finding,) = attack_blind_syn.check(facts)
    assert finding.severity is Severity.WARNING
    assert facts.connections.client.retransmits.sum() == 0 and facts.connections.states(1, 0)[-1] == "TIME-WAIT"
