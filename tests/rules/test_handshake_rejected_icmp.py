from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import handshake_rejected_icmp
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_once_for_a_host_and_kind_of_error(capture: Capture) -> None:
    for port in (25, 25, 587):
        capture.talk(server=f"10.0.0.2:{port}").client("S").icmp(code=13)
    (finding,) = handshake_rejected_icmp.check(capture.facts())
    assert (finding.count, finding.severity, str(finding.subject)) == (3, Severity.WARNING, "10.0.0.2")
    assert "prohibited" in str(finding.summary) and finding.evidence[0].frames == (1, 2)  # type: ignore[union-attr]


def test_port_unreachable_is_the_word_of_a_filter(capture: Capture) -> None:
    capture.talk(server="10.0.0.2:143").client("S").icmp(code=3)
    (finding,) = handshake_rejected_icmp.check(capture.facts())
    assert str(finding.subject) == "10.0.0.2:143" and "packet filter" in str(finding.cause)


def test_two_kinds_of_error_are_two_findings(capture: Capture) -> None:
    capture.talk().client("S").icmp(code=1)
    capture.talk().client("S").icmp(code=0)
    assert len(list(handshake_rejected_icmp.check(capture.facts()))) == 2


def test_ipv6_has_codes_of_its_own(capture: Capture) -> None:
    capture.talk(client="[2001:db8::1]", server="[2001:db8::2]:80").client("S").icmp(kind=1, code=1)
    (finding,) = handshake_rejected_icmp.check(capture.facts())
    assert "prohibited" in str(finding.summary)


def test_one_among_hundreds_is_a_note(capture: Capture) -> None:
    for _ in range(150):
        capture.talk().open().close()
    capture.talk().client("S").icmp(code=1)
    (finding,) = handshake_rejected_icmp.check(capture.facts())
    assert finding.severity is Severity.INFO and "150" in str(finding.cause)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().close(),
        lambda talk: talk.client("S").server("RA", seq=0),
        lambda talk: talk.client("S").client("S", again=True),
        lambda talk: talk.client("S").icmp(code=4, mtu=1300),  # about the size of packets
        lambda talk: talk.client("S").icmp(kind=11, code=0),  # a traceroute
        lambda talk: talk.client("S").icmp(code=1).server("SA").client("A"),  # it came about all the same
        lambda talk: talk.open().client("PA", data=100).icmp(code=1),  # about a later segment
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(handshake_rejected_icmp.check(capture.facts())) == []


@pytest.mark.parametrize("name", ["refused_icmp_admin.client.pcap", "refused_icmp_port.client.pcap"])
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    (finding,) = handshake_rejected_icmp.check(laboratory(name))
    assert (finding.count, finding.severity) == (2, Severity.WARNING)


def test_quiet_over_real_kernels(laboratory: Laboratory) -> None:
    assert list(handshake_rejected_icmp.check(laboratory("refused.client.pcap"))) == []
