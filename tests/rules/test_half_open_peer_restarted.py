from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import PacketsEvidence, Severity
from estab.diagnose.rules import half_open_peer_restarted
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_for_a_server_without_memory(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=100).server("PA", data=900).client("A")
    talk.wait("3s").client("PA", data=100).server("R", ip_id=0)
    (finding,) = half_open_peer_restarted.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.WARNING, "10.0.0.2:80")
    assert isinstance(finding.evidence[0], PacketsEvidence) and "3 s of silence" in str(finding.evidence[0].text)
    assert {other.code for other in finding.ruled_out} >= {"rst.abort", "rst.from_middlebox"}


def test_fires_for_an_answer_to_a_probe(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=100).server("PA", data=900).client("A")
    talk.wait("75s").server("A", shift=-1).client("R", seq=1101)
    assert [str(finding.subject) for finding in half_open_peer_restarted.check(capture.facts())] == ["10.0.0.1"]


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("PA", data=9).server("PA", data=9).client("PA", data=9).server("RA"),  # a socket aborted
        lambda talk: talk.client("PA", data=9).server("FA").client("A").client("PA", data=9).server("R"),  # data after the close
        lambda talk: talk.server("R"),  # in answer to the handshake: a full accept queue
        lambda talk: talk.client("PA", data=9).server("PA", data=9).client("PA", data=9).server("R", ttl=47),  # a device
        lambda talk: talk.client("PA", data=9).server("A").client("PA", data=9).server("R", shift=9000),  # not believed
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk().open())
    assert list(half_open_peer_restarted.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert [finding.count for finding in half_open_peer_restarted.check(laboratory("peer_rebooted.client.pcap"))] == [1]


@pytest.mark.parametrize("name", ["nat_idle_rst.client.pcap", "rst_data_after_close.client.pcap", "abort_client.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(half_open_peer_restarted.check(laboratory(name))) == []
