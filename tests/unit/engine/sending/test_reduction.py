from __future__ import annotations

from estab.engine.sending.flags import DATA_ACKED, SACKED_NEW
from estab.engine.sending.reduction import begin_reduction, end_reduction, enter_cwr, init_undo, may_grow, reduce
from estab.engine.sending.variables import trouble_of
from estab.snapshot import CongestionState
from tests.unit.engine.sending.line import Line


def test_a_reduction_remembers_where_it_began() -> None:
    line = Line(congestion="reno")
    line.write(10_000)
    begin_reduction(line.sender)
    trouble = trouble_of(line.sender)
    assert (trouble.high_seq, trouble.prior_cwnd, trouble.prr_delivered, trouble.prr_out) == (10_001, 10, 0, 0)
    assert line.sender.ssthresh == 5


def test_each_ack_sets_the_window_to_its_share() -> None:
    line = Line(congestion="reno")
    line.write(10_000)
    begin_reduction(line.sender)
    windows = []
    for _ in range(4):
        line.sender.packets_out -= 1
        reduce(line.sender, 1, 0, 0)
        windows.append(line.sender.cwnd)
        trouble_of(line.sender).prr_out += line.sender.cwnd - line.sender.packets_out
        line.sender.packets_out = line.sender.cwnd
    assert windows == [10, 9, 9, 8]
    reduce(line.sender, 0, 0, 0)
    assert line.sender.cwnd == 8


def test_the_end_sets_the_window_to_ssthresh_unless_it_was_taken_back() -> None:
    line = Line(congestion="reno")
    line.write(10_000)
    enter_cwr(line.sender)
    assert line.sender.ca_state is CongestionState.CWR
    end_reduction(line.sender, line.now_ns)
    assert line.sender.cwnd == 5
    line.sender.ca_state, line.sender.cwnd = CongestionState.RECOVERY, 9
    end_reduction(line.sender, line.now_ns)
    assert line.sender.cwnd == 9


def test_a_second_mark_in_the_same_round_trip_changes_nothing() -> None:
    line = Line(congestion="reno")
    line.write(10_000)
    enter_cwr(line.sender)
    line.sender.cwnd = 8
    enter_cwr(line.sender)
    assert line.sender.ssthresh == 5


def test_a_probe_under_way_counts_as_a_retransmission_that_may_be_reported() -> None:
    line = Line()
    line.write(3_000)
    line.wait(204)
    init_undo(line.sender)
    assert trouble_of(line.sender).undo_retrans == 1
    quiet = Line()
    quiet.write(3_000)
    init_undo(quiet.sender)
    assert trouble_of(quiet.sender).undo_retrans == -1


def test_out_of_order_arrivals_let_the_window_grow_only_where_much_is_reordered() -> None:
    line = Line()
    assert may_grow(line.sender, DATA_ACKED) and not may_grow(line.sender, SACKED_NEW)
    trouble_of(line.sender).reordering = 10
    assert may_grow(line.sender, SACKED_NEW)
