from __future__ import annotations

from estab.engine.sending.outgoing import Action
from estab.snapshot import CongestionState
from tests.unit.engine.sending.line import Line


def test_the_probe_is_new_data_if_there_is_some_even_beyond_the_congestion_window() -> None:
    line = Line()
    line.write(12_000)
    assert line.wait(210) == [(204, ["10001:11001"])]
    assert line.verdict.action is Action.PROBED_TAIL
    assert line.sender.counters["TcpExt.TCPLossProbes"] == 1


def test_else_it_is_the_last_segment_again() -> None:
    line = Line()
    line.write(4_000)
    assert line.wait(210) == [(204, ["R 3001:4001"])]


def test_only_one_probe_and_then_the_timeout() -> None:
    line = Line()
    line.write(4_000)
    assert line.wait(510) == [(204, ["R 3001:4001"]), (504, ["R 1:1001"])]


def test_a_lost_tail_is_repaired_by_the_probe_s_report() -> None:
    line = Line()
    line.write(10_000)
    line.ack(7_001, after=100)
    assert line.wait(210) == [(204, ["R 9001:10001"])]
    assert line.ack(7_001, (9_001, 10_001), after=100) == ["R 7001:8001"]
    assert line.sender.ca_state is CongestionState.RECOVERY


def test_a_probe_that_repaired_the_only_loss_still_reduces_the_window() -> None:
    line = Line(congestion="reno")
    line.write(10_000)
    line.ack(9_001, after=100)
    assert line.wait(310)[0][1] == ["R 9001:10001"]
    line.ack(10_001, after=90)
    line.write(1_000)
    cwnd = line.sender.cwnd
    line.ack(11_001, after=100)  # beyond the probe, and no D-SACK came
    assert line.sender.counters["TcpExt.TCPLossProbeRecovery"] == 1
    assert line.sender.ssthresh == cwnd // 2


def test_a_dsack_for_the_probe_proves_that_nothing_was_lost() -> None:
    line = Line(congestion="reno")
    line.write(10_000)
    line.ack(9_001, after=100)
    line.wait(310)
    line.ack(10_001, after=5)
    line.ack(10_001, (9_001, 10_001), after=100)
    line.write(1_000)
    line.ack(11_001, after=100)
    assert line.sender.counters["TcpExt.TCPLossProbeRecovery"] == 0
    assert line.sender.ssthresh == 0x7FFFFFFF


def test_a_fin_is_probed_too() -> None:
    line = Line(rtt_ms=10)
    line.write(10_000)
    line.close(after=10)
    assert line.wait(30) == [(24, ["R 10001:10001F"])]
