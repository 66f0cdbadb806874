"""loss.lost_retransmission: what a host shows of it, and what comes near."""

from __future__ import annotations

from estab.diagnose.finding import Severity
from tests.host_rules.hosts import facts_of, found

CODE = "loss.lost_retransmission"


def test_a_few_are_info_and_many_warning() -> None:
    (few,), (many,) = found(CODE, facts_of({"TcpExt.TCPLostRetransmit": 19})), found(CODE, facts_of({"TcpExt.TCPLostRetransmit": 20}))
    assert (few.severity, many.severity) == (Severity.INFO, Severity.WARNING)
    assert many.count == 20


def test_a_counter_that_stands_still_says_nothing() -> None:
    assert found(CODE, facts_of({"TcpExt.TCPLostRetransmit": 0})) == [] and found(CODE, facts_of()) == []
