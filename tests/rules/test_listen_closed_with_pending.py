from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import listen_closed_with_pending as rule
from estab.diagnose.rules import rst_abort, rst_unread_data
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


def waiting(capture: Capture, times: int, pause: str = "30ms") -> list[Conversation]:
    """Clients that connect one after the other, ask, and wait."""
    talks = []
    for _ in range(times):
        talks.append(capture.talk().open().client("PA", data=20).server("A"))
        capture.wait(pause)
    return talks


def reset(talks: list[Conversation]) -> None:
    for talk in talks:
        talk.server("RA")


def test_all_that_wait_are_reset_together(capture: Capture) -> None:
    talks = waiting(capture, 4)
    capture.wait("1s")
    reset(talks)
    facts = capture.facts()
    (finding,) = rule.check(facts)
    assert (finding.severity, finding.count, str(finding.subject), finding.confidence) == (Severity.WARNING, 4, "10.0.0.2:80", 0.75)
    facts.claim(finding)
    assert list(rst_abort.check(facts)) == list(rst_unread_data.check(facts)) == []


def test_a_listener_that_refuses_afterwards_is_surely_gone(capture: Capture) -> None:
    talks = waiting(capture, 2, "20us")
    capture.wait("1s")
    reset(talks)
    capture.talk().client("S").server("RA", seq=0)
    (finding,) = rule.check(capture.facts())
    assert finding.confidence == 0.9 and "nobody listens" in str(finding.evidence[1].text)


def quiet_each_at_its_own_time(capture: Capture) -> None:
    talks = waiting(capture, 4)
    for talk in talks:
        capture.wait("500ms")
        reset([talk])


def quiet_time_limit_of_each(capture: Capture) -> None:
    """Begun together, ended together: a time limit in the program does the same."""
    talks = waiting(capture, 4, "20us")
    capture.wait("1s")
    reset(talks)


def quiet_at_once(capture: Capture) -> None:
    reset(waiting(capture, 4))


def quiet_only_one(capture: Capture) -> None:
    talks = waiting(capture, 1)
    capture.wait("1s")
    reset(talks)


def quiet_served_before(capture: Capture) -> None:
    talks = waiting(capture, 4)
    for talk in talks:
        talk.server("PA", data=100).client("A")
    capture.wait("1s")
    reset(talks)


@pytest.mark.parametrize(
    "speak", [quiet_each_at_its_own_time, quiet_time_limit_of_each, quiet_at_once, quiet_only_one, quiet_served_before]
)
def test_quiet(capture: Capture, speak: Callable[[Capture], None]) -> None:
    speak(capture)
    assert list(rule.check(capture.facts())) == []


@pytest.mark.parametrize("name", ["accept_overflow_abort.client.pcap", "rst_unread_server.server.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(rule.check(laboratory(name))) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = rule.check(laboratory("listener_closed.client.pcap"))
    assert (finding.count, finding.confidence) == (5, 0.9)
