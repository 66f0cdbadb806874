from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import PacketsEvidence, Severity
from estab.diagnose.rules import rst_injected
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_where_the_sender_goes_on(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=100).server("RA", ttl=47, ip_id=0).server("PA", data=400).client("R")
    talk.wait("1s")
    (finding,) = rst_injected.check(capture.facts())
    assert (finding.severity, finding.confidence) == (Severity.CRITICAL, 0.97)
    ttl, after = finding.evidence
    assert "TTL of 47" in str(ttl.text) and isinstance(after, PacketsEvidence) and 5 in after.frames


def test_fires_where_the_endpoint_later_resets_from_its_own_distance(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=100).server("PA", data=400).client("RA", ttl=47)
    talk.server("PA", data=100).client("R", seq=1101)
    assert [str(finding.subject) for finding in rst_injected.check(capture.facts())] == ["10.0.0.1"]


def test_is_less_sure_where_the_distance_is_the_same(capture: Capture) -> None:
    capture.talk().open().client("PA", data=100).server("RA").server("PA", data=400)
    assert [finding.confidence for finding in rst_injected.check(capture.facts())] == [0.85]


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("PA", data=100).server("RA", ttl=47),  # nothing follows
        lambda talk: talk.client("PA", data=100).server("RA", ttl=47, shift=5000).server("PA", data=400),  # guessed, not believed
        lambda talk: talk.client("PA", data=100).server("RA").client("PA", data=100).server("R"),  # genuine; the second answers late data
        lambda talk: talk.client("PA", data=100).server("R", ttl=128).client("PA", data=9).server("R", ttl=128),  # another first TTL
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk().open())
    assert list(rst_injected.check(capture.facts())) == []


def test_a_rst_that_overtook_data_is_not_forged(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=100)
    talk.server("RA", seq=500_001 + 400).server("PA", data=400)
    assert list(rst_injected.check(capture.facts())) == []


@pytest.mark.parametrize("name", ["rst_injected.client.pcap", "rst_injected.server.pcap"])
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert [finding.severity for finding in rst_injected.check(laboratory(name))] == [Severity.CRITICAL]


@pytest.mark.parametrize("name", ["blind_rst.server.pcap", "abort_client.client.pcap", "nat_idle_rst.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(rst_injected.check(laboratory(name))) == []
