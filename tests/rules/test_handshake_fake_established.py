from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import handshake_accept_queue_overflow, handshake_fake_established
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def ignored(capture: Capture, *, data: int = 200) -> None:
    talk = capture.talk(server="10.0.0.2:80").open().client("PA", data=data, dropped=True)
    for pause in ("300ms", "600ms", "1200ms"):
        talk.wait(pause).client("PA", again=True, dropped=True)


def served(capture: Capture) -> None:
    capture.talk(server="10.0.0.2:443").open().client("PA", data=100).server("PA", data=100).close()


def test_fires_where_the_host_is_alive_for_others(capture: Capture) -> None:
    ignored(capture)
    served(capture)
    (finding,) = handshake_fake_established.check(capture.facts())
    assert (finding.severity, str(finding.subject), finding.count) == (Severity.WARNING, "10.0.0.2:80", 1)
    assert "half_open.peer_vanished" in [other.code for other in finding.ruled_out]


def quiet_host_vanished(capture: Capture) -> None:
    served(capture)
    ignored(capture)


def quiet_large_segments(capture: Capture) -> None:
    """Only the path MTU may be at fault."""
    ignored(capture, data=1448)
    served(capture)


def quiet_answered_later(capture: Capture) -> None:
    talk = capture.talk(server="10.0.0.2:80").open().client("PA", data=200, dropped=True)
    talk.wait("300ms").client("PA", again=True, dropped=True).wait("2s").client("PA", again=True).server("A")
    served(capture)


def quiet_reset(capture: Capture) -> None:
    talk = capture.talk(server="10.0.0.2:80").open().client("PA", data=200, dropped=True)
    talk.wait("300ms").client("PA", again=True).wait("2s").client("PA", again=True).server("R")
    served(capture)


@pytest.mark.parametrize("scene", [quiet_host_vanished, quiet_large_segments, quiet_answered_later, quiet_reset, served])
def test_quiet(capture: Capture, scene: Callable[[Capture], None]) -> None:
    scene(capture)
    assert list(handshake_fake_established.check(capture.facts())) == []


def test_a_full_accept_queue_explains_it(laboratory: Laboratory) -> None:
    facts = laboratory("accept_overflow_cookies.client.pcap")
    assert [finding.count for finding in handshake_fake_established.check(facts)] == [6]
    for finding in handshake_accept_queue_overflow.check(facts):
        facts.claim(finding)
    assert list(handshake_fake_established.check(facts)) == []


def test_quiet_over_real_kernels(laboratory: Laboratory) -> None:
    assert list(handshake_fake_established.check(laboratory("mixed_30.client.pcap"))) == []
