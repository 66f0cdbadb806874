from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import ports_exhausted
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def fill(capture: Capture, count: int, *, closer: str = "client") -> None:
    for _ in range(count):
        talk = capture.talk().open().client("PA", data=10).server("PA", data=10)
        if closer == "server":
            talk.server("FA").client("FA").server("A")
        else:
            talk.close()


@pytest.fixture(autouse=True)
def small_range(monkeypatch: pytest.MonkeyPatch) -> None:
    """A default range of 100 ports instead of 28 232."""
    monkeypatch.setattr(ports_exhausted, "EPHEMERAL_PORTS", 100)
    monkeypatch.setattr(ports_exhausted, "NEARLY", 70)
    monkeypatch.setattr(ports_exhausted, "ALMOST_ALL", 95)


def test_fires_with_the_share_of_the_range(capture: Capture) -> None:
    fill(capture, 80)
    (finding,) = ports_exhausted.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.WARNING, "10.0.0.1") and "80 %" in str(finding.summary)
    assert [remedy.undo for remedy in finding.remedy if remedy.set] == [
        {"net.ipv4.tcp_tw_reuse": 2},
        {"net.ipv4.ip_local_port_range": "32768 60999"},
    ]


def test_almost_all_is_critical(capture: Capture) -> None:
    fill(capture, 97)
    (finding,) = ports_exhausted.check(capture.facts())
    assert finding.severity is Severity.CRITICAL


def test_quiet_where_the_server_keeps_time_wait(capture: Capture) -> None:
    fill(capture, 97, closer="server")
    assert list(ports_exhausted.check(capture.facts())) == []


def test_quiet_where_ports_are_used_again(capture: Capture) -> None:
    fill(capture, 97)
    capture._port -= 1
    talk = capture.talk()
    talk.client("S", seq=900_000).server("SA", seq=700_000, ack=900_001).client("A", seq=900_001, ack=700_001)
    assert list(ports_exhausted.check(capture.facts())) == []


def test_quiet_for_fewer(capture: Capture) -> None:
    fill(capture, 60)
    assert list(ports_exhausted.check(capture.facts())) == []


def test_eight_ports_of_a_small_range_cannot_be_seen(laboratory: Laboratory) -> None:
    assert list(ports_exhausted.check(laboratory("port_exhaustion.client.pcap"))) == []
