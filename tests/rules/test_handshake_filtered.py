from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import handshake_filtered
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def knock(capture: Capture, syns: int, server: str = "10.0.0.2:5432", client: str = "10.0.0.1") -> None:
    talk = capture.talk(client=client, server=server).client("S")
    for _ in range(syns - 1):
        talk.wait("1s").client("S", again=True)


def test_fires_for_a_silent_listener(capture: Capture) -> None:
    knock(capture, 4)
    (finding,) = handshake_filtered.check(capture.facts())
    assert (finding.severity, str(finding.subject), finding.count) == (Severity.WARNING, "10.0.0.2:5432", 1)
    packets, absence = finding.evidence
    assert packets.frames == (1, 2, 4) and absence.to_ns > absence.from_ns  # type: ignore[union-attr]
    assert {other.code for other in finding.ruled_out} >= {"handshake.refused", "handshake.accept_queue_overflow"}
    assert finding.remedy[-1].set == {"net.ipv4.tcp_syn_retries": 3} and finding.remedy[-1].undo


def test_a_dead_host_is_one_finding_whatever_the_ports(capture: Capture) -> None:
    for port in (80, 443, 22):
        knock(capture, 3, f"10.0.0.2:{port}")
    (finding,) = handshake_filtered.check(capture.facts())
    assert (str(finding.subject), finding.count) == ("10.0.0.2", 3)


def test_a_host_that_answers_on_another_port_is_alive(capture: Capture) -> None:
    capture.talk(server="10.0.0.2:80").open().close()
    knock(capture, 3, "10.0.0.2:81")
    (finding,) = handshake_filtered.check(capture.facts())
    assert str(finding.subject) == "10.0.0.2:81" and "other ports" in str(finding.cause)


def test_one_client_shut_out_is_told_apart(capture: Capture) -> None:
    for number in range(4):
        capture.talk(client=f"10.0.1.{number}", server="10.0.0.2:80").open().close()
    knock(capture, 3, "10.0.0.2:80")
    (finding,) = handshake_filtered.check(capture.facts())
    assert "other clients" in str(finding.cause)


def test_a_listener_that_fell_silent(capture: Capture) -> None:
    capture.talk(server="10.0.0.2:80").open().client("PA", data=10).server("PA", data=10).close()
    knock(capture, 4, "10.0.0.2:80")
    (finding,) = handshake_filtered.check(capture.facts())
    assert "fell silent" in str(finding.cause)


def test_two_syns_at_the_end_of_the_capture_are_a_suspicion(capture: Capture) -> None:
    knock(capture, 2)
    (finding,) = handshake_filtered.check(capture.facts())
    assert finding.severity is Severity.INFO
    capture.wait("3s")
    (finding,) = handshake_filtered.check(capture.facts())
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().close(),
        lambda talk: talk.client("S"),  # nothing is known yet
        lambda talk: talk.client("S").wait("1s").client("S", again=True).server("SA").client("A"),  # lost once
        lambda talk: talk.client("S").wait("1s").client("S", again=True).server("RA", seq=0),
        lambda talk: talk.client("S").wait("1s").client("S", again=True).icmp(code=1),
        lambda talk: talk.client("S").wait("1s").client("S", again=True).server("SA", unseen=True).client("A"),  # half of it captured
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(handshake_filtered.check(capture.facts())) == []


def test_quiet_where_a_stronger_cause_explains_it(capture: Capture) -> None:
    knock(capture, 4)
    facts = capture.facts()
    facts._claims["handshake.accept_queue_overflow"] = facts.attempted
    assert list(handshake_filtered.check(facts)) == []


@pytest.mark.parametrize(
    ("name", "syns"),
    [
        ("filtered_linear.client.pcap", 16),
        ("filtered_linear.server.pcap", 16),
        ("filtered_exponential.client.pcap", 4),
        ("filtered_exponential.server.pcap", 4),
        ("return_path_blocked.client.pcap", 6),  # looks the same from here
    ],
)
def test_fires_over_real_kernels(laboratory: Laboratory, name: str, syns: int) -> None:
    (finding,) = handshake_filtered.check(laboratory(name))
    assert finding.severity is Severity.WARNING and str(finding.summary).startswith(f"{syns} SYNs")


@pytest.mark.parametrize("name", ["syn_lost_once.client.pcap", "return_path_blocked.server.pcap", "refused_icmp_admin.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(handshake_filtered.check(laboratory(name))) == []
