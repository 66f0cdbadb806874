from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import path_ecn_black_hole
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def fall_back(capture: Capture, times: int, *, second: str = "S") -> None:
    for _ in range(times):
        talk = capture.talk().client("SEC").wait("1s")
        isn = talk.ends["client"].isn
        talk.client(second, seq=isn).wait("20ms").server("SA", ack=isn + 1).client("A", seq=isn + 1)


def test_several_are_a_warning(capture: Capture) -> None:
    fall_back(capture, 3)
    (finding,) = path_ecn_black_hole.check(capture.facts())
    assert (finding.severity, finding.count, finding.confidence) == (Severity.WARNING, 3, 0.9) and "1 s" in str(finding.summary)


def test_one_may_be_chance(capture: Capture) -> None:
    fall_back(capture, 1)
    (finding,) = path_ecn_black_hole.check(capture.facts())
    assert (finding.severity, finding.confidence) == (Severity.INFO, 0.4)


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    (finding,) = path_ecn_black_hole.check(laboratory("ecn_black_hole.client.pcap.gz"))
    assert (finding.severity, finding.count) == (Severity.WARNING, 4)


def test_quiet_where_ecn_works_for_others(capture: Capture) -> None:
    fall_back(capture, 2)
    capture.talk().client("SEC").wait("20ms").server("SAE").client("A")
    assert list(path_ecn_black_hole.check(capture.facts())) == []


def test_quiet_where_the_second_asks_as_well(capture: Capture) -> None:
    fall_back(capture, 3, second="SEC")
    assert list(path_ecn_black_hole.check(capture.facts())) == []


@pytest.mark.parametrize("name", ["syn_lost_once.client.pcap", "ecn_marks.client.pcap.gz", "tfo_black_hole.client.pcap.gz"])
def test_quiet_over_real_kernels(laboratory: Laboratory, name: str) -> None:
    assert list(path_ecn_black_hole.check(laboratory(name))) == []
