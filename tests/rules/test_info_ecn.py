from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import info_ecn
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires_once_for_a_listener(capture: Capture) -> None:
    for _ in range(2):
        capture.talk().client("SEC").server("SAE").client("A")
    (finding,) = info_ecn.check(capture.facts())
    assert (finding.severity, finding.count) == (Severity.INFO, 2)


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert [finding.count for finding in info_ecn.check(laboratory("ecn_marks.server.pcap.gz"))] == [1]


@pytest.mark.parametrize(
    "speak",
    [
        lambda talk: talk.client("SEC").server("SA").client("A"),  # declined
        lambda talk: talk.client("SEC").server("SAEC").client("A"),  # reflected by something that does not know ECN
        lambda talk: talk.open(),
    ],
)
def test_quiet(capture: Capture, speak) -> None:  # type: ignore[no-untyped-def]
    speak(capture.talk())
    assert list(info_ecn.check(capture.facts())) == []
