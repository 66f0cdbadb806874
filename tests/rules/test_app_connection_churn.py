from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import app_connection_churn
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def short(capture: Capture, count: int, *, every: str = "10ms", lasting: str = "1ms", clients: int = 1) -> Facts:
    for number in range(count):
        talk = capture.talk(client=f"10.0.0.{number % clients + 1}").open().client("PA", data=40).wait(lasting)
        talk.server("PA", data=60).close()
        capture.wait(every)
    return capture.facts()


def test_fires_as_a_note(capture: Capture) -> None:
    (finding,) = app_connection_churn.check(short(capture, 150))
    assert (finding.count, finding.severity, str(finding.subject)) == (150, Severity.INFO, "10.0.0.2:80")
    assert "100 bytes" in str(finding.evidence[1].text)


def test_a_danger_to_the_ports_is_a_warning(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_connection_churn, "DANGER", 140)
    (finding,) = app_connection_churn.check(short(capture, 150))
    assert finding.severity is Severity.WARNING


def test_quiet_for_many_clients(capture: Capture) -> None:
    assert list(app_connection_churn.check(short(capture, 150, clients=50))) == []


def test_quiet_for_long_connections(capture: Capture) -> None:
    talks = [capture.talk().open().client("PA", data=40) for _ in range(150)]
    capture.wait("5s")
    for talk in talks:
        talk.server("PA", data=60).close()
    assert list(app_connection_churn.check(capture.facts())) == []


def test_quiet_over_a_long_time(capture: Capture) -> None:
    assert list(app_connection_churn.check(short(capture, 150, every="1s"))) == []


def test_quiet_for_attempts_that_fail(capture: Capture) -> None:
    for _ in range(150):
        capture.talk().client("S").server("RA", seq=0)
    assert list(app_connection_churn.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = app_connection_churn.check(laboratory("timewait_pileup_server.server.pcap.gz"))
    assert finding.severity is Severity.INFO and finding.count > 200


def test_quiet_over_real_kernels(laboratory: Laboratory) -> None:
    assert list(app_connection_churn.check(laboratory("mixed_30.client.pcap"))) == []
