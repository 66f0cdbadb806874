"""loss.fast_retransmit: what a host shows of it, and what comes near."""

from __future__ import annotations

from estab.diagnose.finding import Severity
from tests.host_rules.hosts import facts_of, found

CODE = "loss.fast_retransmit"


def test_a_few_are_info_and_many_info() -> None:
    (few,), (many,) = found(CODE, facts_of({"TcpExt.TCPFastRetrans": 1})), found(CODE, facts_of({"TcpExt.TCPFastRetrans": 50}))
    assert (few.severity, many.severity) == (Severity.INFO, Severity.INFO)
    assert many.count == 50


def test_a_counter_that_stands_still_says_nothing() -> None:
    assert found(CODE, facts_of({"TcpExt.TCPFastRetrans": 0})) == [] and found(CODE, facts_of()) == []


def test_repetitions_that_the_peer_had_twice_are_no_loss_though_two_of_its_dsacks_are_missing() -> None:
    assert found(CODE, facts_of({"TcpExt.TCPFastRetrans": 227, "TcpExt.TCPDSACKRecv": 225})) == []
    (half,) = found(CODE, facts_of({"TcpExt.TCPFastRetrans": 227, "TcpExt.TCPDSACKRecv": 113}))
    assert half.count == 114
