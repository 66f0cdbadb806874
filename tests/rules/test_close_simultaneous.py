from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import close_simultaneous
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=9).server("PA", data=9).client("A")
    talk.client("FA").server("FA", ack=1010).client("A").server("A")
    (finding,) = close_simultaneous.check(capture.facts())
    assert (finding.severity, finding.count, len(finding.evidence)) == (Severity.INFO, 1, 1)


@pytest.mark.parametrize("end", [lambda talk: talk.close(), lambda talk: talk.client("FA").server("A").server("FA").client("A")])
def test_quiet(capture: Capture, end) -> None:  # type: ignore[no-untyped-def]
    end(capture.talk().open())
    assert list(close_simultaneous.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert len(list(close_simultaneous.check(laboratory("simultaneous_close.client.pcap")))) == 1
    assert list(close_simultaneous.check(laboratory("normal_rtt40.client.pcap"))) == []
