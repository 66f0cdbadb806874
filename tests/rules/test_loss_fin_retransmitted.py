from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import loss_fin_retransmitted
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=9).server("A").client("FA", dropped=True).wait("300ms").client(again=True)
    talk.server("FA").client("A")
    (finding,) = loss_fin_retransmitted.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.INFO, "10.0.0.1") and "was answered" in str(finding.cause)


def test_quiet(capture: Capture) -> None:
    capture.talk().open().client("PA", data=9).server("A").close()
    assert list(loss_fin_retransmitted.check(capture.facts())) == []


@pytest.mark.parametrize(("name", "count"), [("fin_loss.server.pcap", 1), ("last_ack_lost.client.pcap", 1), ("fin_loss.client.pcap", 0)])
def test_over_real_kernels(laboratory: Laboratory, name: str, count: int) -> None:
    assert len(list(loss_fin_retransmitted.check(laboratory(name)))) == count
