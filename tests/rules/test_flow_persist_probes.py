from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.rules import flow_persist_probes
from tests.rules.conversation import Capture, Conversation

Laboratory = Callable[[str], Facts]


def closed(capture: Capture) -> Conversation:
    """The client has filled the server's buffer."""
    return capture.talk().open().client("PA", data=1000).server("A", window=0)


def test_fires_for_probes_and_counts_the_answers(capture: Capture) -> None:
    talk = closed(capture)
    for _ in range(3):
        talk.wait("500ms").client("A", shift=-1).server("A", window=0)
    (finding,) = flow_persist_probes.check(capture.facts())
    assert finding.count == 3 and "answered: 3" in str(finding.summary)
    assert "half_open.peer_vanished" in [other.code for other in finding.ruled_out]


def test_unanswered_probes_point_elsewhere(capture: Capture) -> None:
    talk = closed(capture)
    for _ in range(4):
        talk.wait("500ms").client("A", shift=-1)
    (finding,) = flow_persist_probes.check(capture.facts())
    assert "may be gone" in str(finding.cause) and "half_open.peer_vanished" not in [other.code for other in finding.ruled_out]


@pytest.mark.parametrize("name", ["zero_window_recovers.client.pcap", "zero_window_capture_ends.server.pcap"])
def test_fires_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert len(list(flow_persist_probes.check(laboratory(name)))) == 1


@pytest.mark.parametrize("name", ["slow_reader.server.pcap.gz", "peer_vanished_server.client.pcap.gz", "normal_rtt40.client.pcap"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(flow_persist_probes.check(laboratory(name))) == []


def test_quiet_for_keepalive(capture: Capture) -> None:
    capture.talk().open().client("PA", data=10).server("A").wait("1s").client("A", shift=-1).server("A")
    assert list(flow_persist_probes.check(capture.facts())) == []
