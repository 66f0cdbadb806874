from __future__ import annotations

from collections.abc import Callable

import pytest

from estab.diagnose.facts import Facts
from estab.diagnose.finding import Severity
from estab.diagnose.rules import close_half_close_used
from tests.rules.conversation import Capture

Laboratory = Callable[[str], Facts]


def test_fires(capture: Capture) -> None:
    talk = capture.talk().open().client("FA").server("A").wait("500ms").server("PA", data=700).client("A").server("FA").client("A")
    talk.wait("1s")
    (finding,) = close_half_close_used.check(capture.facts())
    assert (finding.severity, str(finding.subject)) == (Severity.INFO, "10.0.0.1") and "700 bytes" in str(finding.summary)


def test_fires_where_the_answer_acknowledges_the_fin_and_ends_too(capture: Capture) -> None:
    """Request and FIN in one segment, answer and FIN in one: who answers had received the FIN."""
    capture.talk().open().client("PFA", data=120).wait("20ms").server("PFA", data=900).client("A")
    (finding,) = close_half_close_used.check(capture.facts())
    assert str(finding.subject) == "10.0.0.1" and "900 bytes" in str(finding.summary)


@pytest.mark.parametrize(
    "end",
    [
        lambda talk: talk.client("FA").server("A").server("PA", data=700).client("R"),  # it was closed altogether
        lambda talk: talk.client("FA").server("A").server("PA", data=700),  # not taken yet
        lambda talk: talk.client("FA").server("PA", data=700, ack=1001).client("A").server("FA").client("A"),  # crossed
        lambda talk: talk.close(),
    ],
)
def test_quiet(capture: Capture, end) -> None:  # type: ignore[no-untyped-def]
    end(capture.talk().open())
    assert list(close_half_close_used.check(capture.facts())) == []


def test_fires_over_real_kernels(laboratory: Laboratory) -> None:
    assert len(list(close_half_close_used.check(laboratory("half_close.client.pcap")))) == 1
    assert list(close_half_close_used.check(laboratory("rst_data_after_close.client.pcap"))) == []
