from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import attack_blind_rst
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def guessed(capture: Capture, *, ttl: int = 47) -> Facts:
    talk = capture.talk().open().client("PA", data=100).server("PA", data=400)
    talk.client("R", shift=5000, ttl=ttl, window=0).server("A")
    talk.client("PA", data=100).server("PA", data=400).close()
    return capture.facts()


def test_fires_with_the_time_to_live_that_gives_it_away(capture: Capture) -> None:
    (finding,) = attack_blind_rst.check(guessed(capture))
    assert (finding.severity, finding.count, str(finding.subject)) == (Severity.WARNING, 1, "10.0.0.2:80")
    assert "time to live 47" in str(finding.evidence[0].text) and finding.evidence[0].frames == (6,)  # type: ignore[union-attr]
    assert "rst.injected" in [other.code for other in finding.ruled_out]


def test_quiet_where_the_rst_looks_like_its_sender(capture: Capture) -> None:
    assert list(attack_blind_rst.check(guessed(capture, ttl=64))) == []


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().client("PA", data=100).server("RA"),
        lambda talk: talk.open().client("PA", data=100).client("R", ttl=47),  # hit: nothing is heard of it again
        lambda talk: talk.open().close().client("R", shift=7, ttl=47),  # behind a close
        lambda talk: talk.open().client("R", shift=5000, ttl=47),  # nobody goes on
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(attack_blind_rst.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = attack_blind_rst.check(laboratory("blind_rst.server.pcap"))
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("name", ["blind_rst.client.pcap", "port_scan.server.pcap", "mixed_30.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(attack_blind_rst.check(laboratory(name))) == []
