"""loss.tail_loss: what a host shows of it, and what comes near."""

from __future__ import annotations

from estab.diagnose.finding import Severity
from tests.host_rules.hosts import facts_of, found

CODE = "loss.tail_loss"


PROBES, AGAIN, TWICE = "TcpExt.TCPLossProbes", "Tcp.RetransSegs", "TcpExt.TCPDSACKRecv"


def test_a_few_are_info_and_many_info() -> None:
    (few,), (many,) = found(CODE, facts_of({PROBES: 3, AGAIN: 3})), found(CODE, facts_of({PROBES: 50, AGAIN: 60}))
    assert (few.severity, many.severity) == (Severity.INFO, Severity.INFO)
    assert (few.count, many.count) == (3, 50)


def test_a_counter_that_stands_still_says_nothing() -> None:
    assert found(CODE, facts_of({PROBES: 0})) == [] and found(CODE, facts_of()) == []


def test_two_probes_are_no_loss_yet() -> None:
    assert found(CODE, facts_of({PROBES: 2, AGAIN: 2})) == []


def test_probes_of_a_peer_that_answers_late_are_no_loss() -> None:
    assert found(CODE, facts_of({PROBES: 108, AGAIN: 108, TWICE: 108})) == []
    assert found(CODE, facts_of({PROBES: 108, AGAIN: 108, TWICE: 104})) == []


def test_probes_that_carried_new_data_are_no_loss() -> None:
    assert found(CODE, facts_of({PROBES: 40, AGAIN: 1})) == []


def test_loss_among_needless_probes_is_counted_alone() -> None:
    (one,) = found(CODE, facts_of({PROBES: 108, AGAIN: 108, TWICE: 80}))
    assert one.count == 28
    (one,) = found(CODE, facts_of({PROBES: 108, AGAIN: 108, TWICE: 108, "TcpExt.TCPLossProbeRecovery": 30}))
    assert one.count == 30
