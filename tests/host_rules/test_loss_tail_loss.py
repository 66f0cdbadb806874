"""loss.tail_loss: what a host shows of it, and what comes near."""

from __future__ import annotations

from estab.diagnose.finding import Severity
from tests.host_rules.hosts import facts_of, found

CODE = "loss.tail_loss"


def test_a_few_are_info_and_many_info() -> None:
    (few,), (many,) = found(CODE, facts_of({"TcpExt.TCPLossProbes": 3})), found(CODE, facts_of({"TcpExt.TCPLossProbes": 50}))
    assert (few.severity, many.severity) == (Severity.INFO, Severity.INFO)
    assert many.count == 50


def test_a_counter_that_stands_still_says_nothing() -> None:
    assert found(CODE, facts_of({"TcpExt.TCPLossProbes": 0})) == [] and found(CODE, facts_of()) == []


def test_two_probes_are_no_loss_yet() -> None:
    assert found(CODE, facts_of({"TcpExt.TCPLossProbes": 2})) == []
