from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import timewait_stale_tuple, timewait_syn_collision, timewait_tuple_reused
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def reopened(capture: Capture, *, closed: bool = True, challenged: bool = True) -> None:
    """A connection on the four-tuple of one that was closed (or not) half a second before."""
    talk = capture.talk().open().client("PA", data=100).server("PA", data=400).client("A")
    if closed:
        talk.server("FA").client("FA").server("A")
    talk.wait("500ms").client("S", seq=900_000)
    if challenged:
        talk.server("A", seq=500_402, ack=1_102).client("R", seq=1_102).wait("1s").client("S", seq=900_000)
    talk.server("SA", seq=700_000, ack=900_001).client("A", seq=900_001, ack=700_001).client("PA", data=5, seq=900_001, ack=700_001)


@pytest.mark.parametrize(("times", "severity"), [(1, Severity.INFO), (3, Severity.WARNING)])
def test_fires_for_the_detour(capture: Capture, times: int, severity: Severity) -> None:
    for _ in range(times):
        reopened(capture)
    facts = capture.facts()
    (finding,) = timewait_syn_collision.check(facts)
    assert (finding.severity, finding.count, str(finding.subject)) == (severity, times, "10.0.0.2:80")
    assert "a SYN-ACK 1 s after" in str(finding.evidence[0].text)
    facts.claim(finding)
    assert list(timewait_stale_tuple.check(facts)) == list(timewait_tuple_reused.check(facts)) == []


def test_quiet_where_the_server_takes_the_syn_at_once(capture: Capture) -> None:
    reopened(capture, challenged=False)
    assert list(timewait_syn_collision.check(capture.facts())) == []


def test_quiet_where_the_old_connection_is_open(capture: Capture) -> None:
    reopened(capture, closed=False)
    facts = capture.facts()
    assert list(timewait_syn_collision.check(facts)) == [] and len(list(timewait_stale_tuple.check(facts))) == 1


@pytest.mark.parametrize("name", ["timewait_reuse_server.server.pcap", "timewait_reuse_server.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(timewait_syn_collision.check(laboratory(name))) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    """The timestamps of the first connection were 10,000 s ahead of those of the second."""
    assert [finding.count for finding in timewait_syn_collision.check(laboratory("syn_collision.client.pcap"))] == [1]
