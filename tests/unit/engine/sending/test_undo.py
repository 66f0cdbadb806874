from __future__ import annotations

from typing import Any

from estab.snapshot import CongestionState
from tests.unit.engine.sending.line import Line


def state(line: Line) -> tuple[CongestionState, int]:
    return line.sender.ca_state, line.sender.cwnd


def in_recovery(**how: Any) -> Line:
    line = Line(**how)
    line.write(10_000)
    for end in (2_001, 3_001, 4_001):
        line.ack(1, (1_001, end), after=100 if end == 2_001 else 10, echo_ms=0)
    assert line.sender.ca_state is CongestionState.RECOVERY
    return line


def test_an_echo_older_than_the_first_retransmission_proves_that_nothing_was_lost() -> None:
    line = in_recovery(timestamps=True)
    line.ack(10_001, after=5, echo_ms=0)
    assert state(line) == (CongestionState.OPEN, 17)  # slow start goes on with the seven that arrived
    assert line.sender.ssthresh == 0x7FFFFFFF
    assert line.sender.counters["TcpExt.TCPFullUndo"] == 1


def test_an_echo_of_the_retransmission_proves_the_loss() -> None:
    line = in_recovery(timestamps=True)
    line.ack(10_001, after=100, echo_ms=120)
    assert (line.sender.ca_state, line.sender.ssthresh) == (CongestionState.OPEN, 7)
    assert line.sender.cwnd < 10
    assert line.sender.counters["TcpExt.TCPFullUndo"] == 0


def test_a_dsack_for_every_retransmission_proves_that_nothing_was_lost() -> None:
    line = in_recovery()
    line.ack(4_001, after=5)
    assert line.sender.ca_state is CongestionState.RECOVERY
    line.ack(4_001, (1, 1_001), after=100)
    assert state(line) == (CongestionState.OPEN, 10)
    assert line.sender.counters["TcpExt.TCPDSACKUndo"] == 1


def test_an_acknowledgment_of_what_was_sent_once_proves_a_spurious_timeout() -> None:
    """F-RTO: the ACKs after the timeout go on as if nothing had happened."""
    line = Line(tcp_early_retrans=0)
    line.write(20_000)
    line.wait(310)
    assert state(line) == (CongestionState.LOSS, 1)
    sent = line.ack(1_001)
    assert sent == ["10001:12001"]  # new data first, to see more
    line.ack(3_001, after=10)
    assert state(line)[0] is CongestionState.OPEN
    assert line.sender.cwnd >= 10
    assert line.sender.counters["TcpExt.TCPSpuriousRTOs"] == 1


def test_duplicates_after_the_timeout_prove_the_loss() -> None:
    line = Line(tcp_early_retrans=0)
    line.write(20_000)
    line.wait(310)
    line.ack(1_001, after=90)
    assert line.ack(1_001, (10_001, 11_001), after=100)[0].startswith("R 1001:")
    assert line.sender.ca_state is CongestionState.LOSS


def test_without_frto_the_timeout_is_believed() -> None:
    line = Line(tcp_early_retrans=0, tcp_frto=0)
    line.write(20_000)
    line.wait(310)
    assert line.ack(1_001)[0] == "R 1001:3001"


def test_timestamps_take_back_a_timeout_at_once() -> None:
    line = Line(timestamps=True, tcp_early_retrans=0)
    line.write(10_000)
    line.wait(310)
    assert line.ack(1_001, echo_ms=0) == []
    assert state(line)[0] is CongestionState.OPEN
    assert line.sender.counters["TcpExt.TCPLossUndo"] == 1
    assert line.sender.cwnd >= 10
    assert line.sender.lost_out == 0


def test_without_sack_the_state_is_held_until_something_beyond_is_acknowledged() -> None:
    line = Line(sack=False)
    line.write(4_000)
    for _ in range(3):
        line.ack(1, after=30)
    line.ack(4_001, after=100)
    states = [state(line)[0]]
    line.write(1_000)
    line.ack(5_001, after=100)
    assert [*states, state(line)[0]] == [CongestionState.RECOVERY, CongestionState.OPEN]
