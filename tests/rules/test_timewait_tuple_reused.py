from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import timewait_tuple_reused
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def twice(capture: Capture, pause: str = "1s", *, closer: str = "server") -> Facts:
    talk = capture.talk()
    talk.open().client("PA", data=10).server("PA", data=10)
    if closer == "server":
        talk.server("FA").client("FA").server("A")
    else:
        talk.close()
    talk.wait(pause).client("S", seq=900_000).server("SA", seq=700_000, ack=900_001).client("A", seq=900_001, ack=700_001)
    return capture.facts()


def test_fires_with_the_age_of_the_old_connection(capture: Capture) -> None:
    (finding,) = timewait_tuple_reused.check(twice(capture))
    assert (finding.count, finding.severity, finding.connections) == (1, Severity.INFO, (1,))
    assert "once after 1 s" in str(finding.summary) and str(finding.cause).startswith("The server closed first")


def test_the_clients_own_time_wait(capture: Capture) -> None:
    (finding,) = timewait_tuple_reused.check(twice(capture, closer="client"))
    assert str(finding.cause).startswith("The client closed first")


def test_quiet_after_two_msl(capture: Capture) -> None:
    assert list(timewait_tuple_reused.check(twice(capture, "130s"))) == []


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().close(),
        lambda talk: talk.open().close().wait("1s").client("S", seq=900_000),  # not answered yet
        lambda talk: (
            talk.open().client("RA").wait("1s").client("S", seq=900_000).server("SA", seq=7_000, ack=900_001).client("A", ack=7_001)
        ),
        lambda talk: talk.client("S").wait("1s").client("S", again=True).server("SA").client("A"),
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(timewait_tuple_reused.check(capture.facts())) == []


@pytest.mark.parametrize("point", ["client", "server"])
def test_fires_over_real_kernels(laboratory: Laboratory, point: str) -> None:
    (finding,) = timewait_tuple_reused.check(laboratory(f"timewait_reuse_server.{point}.pcap"))
    assert finding.count == 2


def test_quiet_over_real_kernels(laboratory: Laboratory) -> None:
    assert list(timewait_tuple_reused.check(laboratory("timewait_pileup_server.server.pcap.gz"))) == []
