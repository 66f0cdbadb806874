from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import PacketsEvidence, Severity, SubjectKind
from estab.diagnose.rules import handshake_refused
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def refuse(capture: Capture, times: int, server: str = "10.0.0.2:8443") -> None:
    for _ in range(times):
        capture.talk(server=server).client("S").server("RA", seq=0)


def test_fires_once_for_a_listener_with_its_packets(capture: Capture) -> None:
    refuse(capture, 3)
    (finding,) = handshake_refused.check(capture.facts())
    assert (finding.count, finding.connections, finding.severity) == (3, (0, 1, 2), Severity.WARNING)
    assert (finding.subject.kind, str(finding.subject)) == (SubjectKind.LISTENER, "10.0.0.2:8443")
    (evidence,) = finding.evidence
    assert isinstance(evidence, PacketsEvidence) and evidence.frames == (1, 2)
    assert finding.filter == "ip.addr == 10.0.0.2 && tcp.port == 8443"


def test_a_connection_to_itself_tells_nothing_of_the_hosts_distance(capture: Capture) -> None:
    """All its packets count for the other side: from what it has not sent no time to live is known."""
    refuse(capture, 3)
    capture.talk("10.0.0.2:8443", "10.0.0.2:8443").client("S", seq=0).client("SA", seq=0, ack=1)
    (finding,) = handshake_refused.check(capture.facts())
    assert "packet filter" not in str(finding.cause), str(finding.cause)


def test_fires_for_each_port(capture: Capture) -> None:
    refuse(capture, 1, "10.0.0.2:81")
    refuse(capture, 1, "[2001:db8::2]:82")
    assert [str(finding.subject) for finding in handshake_refused.check(capture.facts())] == ["10.0.0.2:81", "[2001:db8::2]:82"]


@pytest.mark.parametrize(
    "name",
    ["refused.client.pcap", "refused.server.pcap", "refused_ipv6.client.pcap", "refused_firewall_rst.client.pcap", "mixed_30.client.pcap"],
)
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert [finding.code for finding in handshake_refused.check(laboratory(name))] == ["handshake.refused"]


def test_a_foreign_time_to_live_points_to_a_packet_filter(capture: Capture) -> None:
    capture.talk(server="10.0.0.2:22").open().close()
    capture.talk().client("S").server("RA", seq=0, ttl=63)
    (finding,) = handshake_refused.check(capture.facts())
    assert finding.confidence == 0.75 and "packet filter" in str(finding.cause)
    assert "rst.from_middlebox" not in [other.code for other in finding.ruled_out]


def test_a_few_among_hundreds_are_a_note(capture: Capture) -> None:
    for _ in range(150):
        capture.talk().open().close()
    refuse(capture, 1, "10.0.0.2:80")
    (finding,) = handshake_refused.check(capture.facts())
    assert finding.severity is Severity.INFO and "stopped listening" in str(finding.cause)


def test_a_service_that_started_late_is_told_apart(capture: Capture) -> None:
    refuse(capture, 1, "10.0.0.2:80")
    capture.talk().open().close()
    (finding,) = handshake_refused.check(capture.facts())
    assert "later" in str(finding.cause) and finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().close(),
        lambda talk: talk.client("S").client("S", again=True),  # silence
        lambda talk: talk.client("S").icmp(),  # an ICMP error is not a RST
        lambda talk: talk.open().server("RA"),  # a reset after the handshake
        lambda talk: talk.client("S").server("SA").client("R"),  # the client changes its mind
        lambda talk: talk.server("RA"),  # a reset out of the blue
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(handshake_refused.check(capture.facts())) == []


def test_quiet_where_a_scan_explains_it(capture: Capture) -> None:
    refuse(capture, 2)
    facts = capture.facts()
    (finding,) = handshake_refused.check(facts)
    facts._claims["attack.port_scan"] = facts.refused
    assert finding.count == 2 and list(handshake_refused.check(facts)) == []
