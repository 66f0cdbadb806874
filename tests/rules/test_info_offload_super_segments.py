from __future__ import annotations

from collections.abc import Callable

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity, SubjectKind
from estab.diagnose.rules import info_offload_super_segments
from tests.rules.conversation import Capture
from tests.rules.transfers import SIZE, Transfer

Laboratory = Callable[[str], Facts]


def test_fires_once_for_the_capture(capture: Capture) -> None:
    for _ in range(2):
        Transfer(capture).send(0, size=10 * SIZE).ack(10)
    (finding,) = info_offload_super_segments.check(capture.facts())
    assert (finding.severity, finding.count, finding.subject.kind) == (Severity.INFO, 2, SubjectKind.CAPTURE)
    assert "14\u00a0600 bytes with an MSS of 1\u00a0460" in str(finding.summary)


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert len(list(info_offload_super_segments.check(laboratory("gro_super_segments.client.pcap.gz")))) == 1


def test_quiet(capture: Capture, laboratory: Laboratory) -> None:
    Transfer(capture).bulk(0, 10)
    capture.talk().open().server("PA", data=9_000)  # without the MSS options nothing is known
    assert list(info_offload_super_segments.check(capture.facts())) == []
    assert list(info_offload_super_segments.check(laboratory("loss_2pct.server.pcap.gz"))) == []
