from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import app_pool_keepalive_race
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


def idle(capture: Capture, silence: str = "60s") -> Conversation:
    return capture.talk().open().client("PA", data=200).server("PA", data=900).client("A").wait(silence)


@pytest.mark.parametrize(
    "cross",
    [
        lambda talk: talk.server("FA").client("PA", data=200, ack=500_901).server("R"),  # captured at the server
        lambda talk: talk.client("PA", data=200).server("FA", ack=1201).client("A").server("R"),  # captured at the client
        lambda talk: talk.client("PA", data=200).server("FA", ack=1201).client("FA").server("R"),  # the client closes on the FIN
    ],
)
def test_fires(capture: Capture, cross) -> None:  # type: ignore[no-untyped-def]
    cross(idle(capture))
    (finding,) = app_pool_keepalive_race.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.WARNING, "10.0.0.2:80") and "60 s" in str(finding.cause)


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.server("FA").client("A").client("PA", data=200).server("R"),  # the client knew
        lambda talk: talk.server("FA").client("PA", data=2, ack=500_901).server("R"),  # a key typed
        lambda talk: talk.client("PA", data=200).server("R"),  # no FIN: it restarted
        lambda talk: talk.server("FA").client("FA").server("A"),
        lambda talk: talk.client("PA", data=200).client("FA").server("FA", ack=1201).server("R"),  # both closed: nobody waits for it
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(idle(capture))
    assert list(app_pool_keepalive_race.check(capture.facts())) == []


@pytest.mark.parametrize(("rtt", "found"), [("10ms", 1), ("100ms", 0)])
def test_a_second_is_idle_where_the_path_is_short(capture: Capture, rtt: str, found: int) -> None:
    talk = capture.talk().open(rtt)
    for _ in range(3):
        talk.client("PA", data=200).wait(rtt).server("PA", data=900).client("A")
    talk.wait("900ms").client("PA", data=200).server("FA", ack=1601).client("A").server("R")
    assert len(list(app_pool_keepalive_race.check(capture.facts()))) == found


def test_quiet_without_a_pause(capture: Capture) -> None:
    idle(capture, "20ms").server("FA").client("PA", data=200, ack=500_901).server("R")
    assert list(app_pool_keepalive_race.check(capture.facts())) == []


def test_quiet_over_real_kernels(laboratory: Laboratory) -> None:
    assert list(app_pool_keepalive_race.check(laboratory("rst_data_after_close.client.pcap"))) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert [finding.count for finding in app_pool_keepalive_race.check(laboratory("pool_race.client.pcap"))] == [2]
