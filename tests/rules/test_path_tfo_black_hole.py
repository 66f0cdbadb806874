from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import path_tfo_black_hole
from estab.wire.columns import OPT_FAST_OPEN
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def fall_back(capture: Capture, times: int) -> None:
    for _ in range(times):
        talk = capture.talk().client("S", data=300, options=OPT_FAST_OPEN).wait("1s")
        isn = talk.ends["client"].isn
        talk.client("S", seq=isn).wait("20ms").server("SA", ack=isn + 1).client("A", seq=isn + 1)


def test_several_are_a_warning(capture: Capture) -> None:
    fall_back(capture, 3)
    (finding,) = path_tfo_black_hole.check(capture.facts())
    assert (finding.severity, finding.count) == (Severity.WARNING, 3)


def test_one_may_be_chance(capture: Capture) -> None:
    fall_back(capture, 1)
    (finding,) = path_tfo_black_hole.check(capture.facts())
    assert (finding.severity, finding.confidence) == (Severity.INFO, 0.4)


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = path_tfo_black_hole.check(laboratory("tfo_black_hole.client.pcap.gz"))
    assert (finding.severity, finding.count) == (Severity.WARNING, 4)


def test_quiet_where_the_server_declines_the_data(capture: Capture) -> None:
    talk = capture.talk().client("S", data=300, options=OPT_FAST_OPEN).wait("20ms")
    isn = talk.ends["client"].isn
    talk.server("SA", ack=isn + 1).client("PA", data=300, seq=isn + 1)
    assert list(path_tfo_black_hole.check(capture.facts())) == []


@pytest.mark.parametrize("name", ["fast_open.client.pcap", "syn_lost_once.client.pcap", "ecn_black_hole.client.pcap.gz"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(path_tfo_black_hole.check(laboratory(name))) == []
