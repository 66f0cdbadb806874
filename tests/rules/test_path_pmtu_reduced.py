from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import PacketsEvidence, Severity
from estab.diagnose.rules import path_pmtu_reduced
from tests.rules.conversation import Capture
from tests.rules.transfers import Transfer

Laboratory = Callable[[str], Facts]


def test_fires_with_the_mtu_that_the_router_named(capture: Capture) -> None:
    transfer = Transfer(capture).send(0, dropped=True)
    transfer.talk.icmp("server", kind=3, code=4, mtu=1400)
    transfer.wait("1ms").send(0, size=1360).wait("20ms")
    (finding,) = path_pmtu_reduced.check(capture.facts())
    assert finding.severity is Severity.INFO and "1\u00a0400 bytes" in str(finding.summary)
    assert isinstance(finding.evidence[0], PacketsEvidence) and finding.evidence[0].frames == (7,)


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = path_pmtu_reduced.check(laboratory("pmtu_icmp_ok.client.pcap.gz"))
    assert "1\u00a0300 bytes" in str(finding.summary)


@pytest.mark.parametrize("name", ["pmtu_black_hole.client.pcap.gz", "refused_icmp_port.client.pcap", "loss_2pct.server.pcap.gz"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(path_pmtu_reduced.check(laboratory(name))) == []


def test_quiet_for_other_icmp_errors(capture: Capture) -> None:
    capture.talk().open().client("PA", data=10).icmp("client", kind=3, code=1)
    assert list(path_pmtu_reduced.check(capture.facts())) == []
