from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import timewait_pileup
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def closings(capture: Capture, count: int, *, closer: str = "server", every: str = "10ms") -> Facts:
    for _ in range(count):
        talk = capture.talk().open().client("PA", data=10).server("PA", data=10)
        if closer == "server":
            talk.server("FA").client("FA").server("A")
        else:
            talk.close()
        capture.wait(every)
    return capture.facts()


def test_fires_for_a_listener_that_closes_first(capture: Capture) -> None:
    (finding,) = timewait_pileup.check(closings(capture, 150))
    assert (finding.count, finding.severity, str(finding.subject)) == (150, Severity.INFO, "10.0.0.2:80")
    assert "up to 150 of them" in str(finding.summary) and "no ports" in str(finding.cause)
    assert any("tcp_tw_reuse" in str(wrong.text) for wrong in finding.do_not)


def test_fires_for_a_client_that_closes_first(capture: Capture) -> None:
    (finding,) = timewait_pileup.check(closings(capture, 150, closer="client"))
    assert str(finding.subject) == "10.0.0.1" and any("SO_LINGER" in str(wrong.text) for wrong in finding.do_not)


def test_only_what_stands_at_once_counts(capture: Capture) -> None:
    assert list(timewait_pileup.check(closings(capture, 150, every="1s"))) == []


def test_quiet_for_few(capture: Capture) -> None:
    assert list(timewait_pileup.check(closings(capture, 60))) == []


def test_resets_leave_no_time_wait(capture: Capture) -> None:
    for _ in range(150):
        capture.talk().open().client("PA", data=10).client("RA")
    assert list(timewait_pileup.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = timewait_pileup.check(laboratory("timewait_pileup_server.server.pcap.gz"))
    assert finding.count > 200 and finding.subject.port == 6071


@pytest.mark.parametrize("name", ["port_exhaustion.client.pcap", "close_wait_leak.server.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(timewait_pileup.check(laboratory(name))) == []
