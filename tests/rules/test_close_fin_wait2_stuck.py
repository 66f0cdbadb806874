from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import AbsenceEvidence, Severity
from estab.diagnose.rules import close_close_wait_leak, close_fin_wait2_stuck
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def findings(facts: Facts) -> list[Severity]:
    """Both rules in their order: the leak claims first."""
    for leak in close_close_wait_leak.check(facts):
        facts.claim(leak)
    return [finding.severity for finding in close_fin_wait2_stuck.check(facts)]


def test_the_other_end_of_a_leak_is_a_note(capture: Capture) -> None:
    capture.talk().open().client("PA", data=10).server("PA", data=10).client("FA").server("A").wait("30s")
    assert findings(capture.facts()) == [Severity.INFO]


def test_fires_where_the_other_side_dries_up_after_the_fin(capture: Capture) -> None:
    capture.talk().open().client("FA").server("A").server("PA", data=500).client("A").wait("70s")
    (finding,) = close_fin_wait2_stuck.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.WARNING, "10.0.0.1")
    assert isinstance(finding.evidence[1], AbsenceEvidence)


@pytest.mark.parametrize(
    "end",
    [
        lambda talk: talk.client("FA").server("A").server("PA", data=500).client("A").wait("30s"),  # a half-close in use
        lambda talk: talk.client("FA").server("FA").client("A").wait("90s"),
        lambda talk: talk.client("FA").server("A").server("PA", data=500).client("R").wait("90s"),
        lambda talk: talk.client("FA", dropped=True).wait("90s"),  # FIN-WAIT-1
    ],
)
def test_quiet(capture: Capture, end) -> None:  # type: ignore[no-untyped-def]
    end(capture.talk().open())
    assert findings(capture.facts()) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert findings(laboratory("fin_wait2_stuck.client.pcap")) == [Severity.INFO]
    assert findings(laboratory("half_close.client.pcap")) == []
