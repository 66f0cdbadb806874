from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import rst_injected, timewait_stale_tuple
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def reopened(capture: Capture, *, old: bool = True, answered: bool = True) -> Facts:
    talk = capture.talk()
    if old:
        talk.open().client("PA", data=100).server("PA", data=400).client("A").wait("30s")
    talk.client("S", seq=900_000).server("A", seq=500_401, ack=1_101).client("R", seq=1_101)
    if answered:
        talk.wait("1s").client("S", seq=900_000).server("SA", seq=700_000, ack=900_001).client("A", seq=900_001, ack=700_001)
    return capture.facts()


def test_fires_for_the_detour(capture: Capture) -> None:
    (finding,) = timewait_stale_tuple.check(reopened(capture))
    assert (finding.severity, finding.count, str(finding.subject)) == (Severity.WARNING, 1, "10.0.0.2:80")
    assert "accepted after a detour: 1." in str(finding.summary) and "a SYN-ACK 1 s after" in str(finding.evidence[0].text)


def test_the_reset_of_the_old_connection_does_not_end_the_new_one(capture: Capture) -> None:
    facts = reopened(capture)
    assert [facts.connections.end(row) for row in range(facts.count)] == ["open", "open"]
    assert "CLOSED" not in facts.connections.states(1, 1)[-1]
    assert list(rst_injected.check(facts)) == []


def test_fires_where_the_old_connection_is_older_than_the_capture(capture: Capture) -> None:
    (finding,) = timewait_stale_tuple.check(reopened(capture, old=False))
    assert finding.severity is Severity.WARNING and "older than this capture" in str(finding.cause)


def test_without_any_witness_it_is_a_note(capture: Capture) -> None:
    (finding,) = timewait_stale_tuple.check(reopened(capture, old=False, answered=False))
    assert finding.severity is Severity.INFO


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.open().close(),
        lambda talk: talk.client("S").server("SA").client("R"),  # a scan, or a change of mind
        lambda talk: talk.client("S").server("RA", seq=0),
        lambda talk: talk.open().client("PA", data=5).server("A").client("RA"),
        lambda talk: talk.client("S", seq=0).server("A", seq=0, ack=0).client("R", seq=0),  # made by hand: all numbers are 0
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(timewait_stale_tuple.check(capture.facts())) == []


@pytest.mark.parametrize("name", ["timewait_reuse_server.server.pcap", "port_scan.client.pcap", "fast_open.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(timewait_stale_tuple.check(laboratory(name))) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    """The client aborted its connection, and the server never heard of it; the same port again 200 ms later."""
    facts = laboratory("stale_tuple.client.pcap")
    assert [finding.count for finding in timewait_stale_tuple.check(facts)] == [1]
    assert list(rst_injected.check(facts)) == []
