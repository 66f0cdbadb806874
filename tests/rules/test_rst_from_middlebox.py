from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import rst_from_middlebox
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_for_a_rst_from_another_distance(capture: Capture) -> None:
    capture.talk().open().client("PA", data=100).server("PA", data=100).client("PA", data=10).server("RA", ttl=62)
    (finding,) = rst_from_middlebox.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.WARNING, "10.0.0.2:80") and "TTL of 62" in str(finding.evidence[0].text)


def test_a_refusal_from_another_distance_is_a_note(capture: Capture) -> None:
    capture.talk(server="10.0.0.2:81").open().client("PA", data=9).server("PA", data=9).close()
    capture.talk().client("S").server("RA", seq=0, ttl=63)
    (finding,) = rst_from_middlebox.check(capture.facts())
    assert (finding.severity, finding.connections) == (Severity.INFO, (1,))


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("PA", data=100).server("RA"),  # from the host itself
        lambda talk: talk.client("PA", data=100).server("RA", ttl=255),  # the same distance, another first TTL
        lambda talk: (
            talk.client("PA", data=9).server("A").wait("10s").client("PA", data=9).server("R", ttl=62)
        ),  # after a silence: forgotten
        lambda talk: talk.client("PA", data=100).server("RA", ttl=47).server("PA", data=400),  # forged
        lambda talk: talk.client("PA", data=100).server("PA", data=9).close().server("R", ttl=62),  # after both FINs
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk().open())
    assert list(rst_from_middlebox.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = rst_from_middlebox.check(laboratory("refused_firewall_rst.client.pcap"))
    assert (finding.severity, finding.count) == (Severity.INFO, 2)
