from __future__ import annotations

from tests.unit.engine.sending.line import Line


def test_what_an_ack_has_brought() -> None:
    line = Line()
    line.write(3_000)
    line.ack(2_001, after=100)
    result = line.result
    assert (result.newly_acked_bytes, result.progress, result.is_duplicate, result.fin_acked) == (2_000, True, False, False)
    line.ack(2_001)
    assert line.result.is_duplicate and not line.result.progress and line.result.newly_acked_bytes == 0
    line.ack(2_001, window=50_000)
    assert not line.result.is_duplicate


def test_a_smaller_window_counts_only_from_a_newer_segment() -> None:
    line = Line(window=10_000)
    line.write(3_000)
    line.ack(1, after=100, window=4_000)
    assert line.sender.snd_wnd == 10_000
    line.sender.on_ack(1, seg_seq=2, seg_len=0, window=4_000, now_ns=line.now_ns)
    assert line.sender.snd_wnd == 4_000
    line.sender.on_ack(1, seg_seq=1, seg_len=0, window=8_000, now_ns=line.now_ns)
    assert line.sender.snd_wnd == 4_000


def test_a_window_of_zero_is_believed_at_once() -> None:
    line = Line(window=10_000)
    line.write(3_000)
    line.ack(1, after=100, window=0)
    assert line.sender.snd_wnd == 0


def test_an_old_ack_without_reports_changes_nothing() -> None:
    line = Line(window=10_000)
    line.write(5_000)
    line.ack(3_001, after=100)
    line.ack(1_001, window=50_000)
    assert (line.sender.snd_una, line.sender.snd_wnd) == (3_001, 10_000)
    assert line.result.newly_acked_bytes == 0


def test_part_of_a_segment_may_be_acknowledged() -> None:
    line = Line(sack=False)
    line.write(3_000)
    line.ack(1_501, after=100)
    assert (line.sender.snd_una, line.sender.packets_out) == (1_501, 2)
    assert line.wait(310)[0][1] == ["R 1001:2001"]
    line.ack(3_001)
    assert line.sender.packets_out == 0


def test_progress_ends_the_count_of_timeouts() -> None:
    line = Line(sack=False)
    line.write(3_000)
    line.wait(1_000)
    assert line.sender.retransmits == 2
    line.ack(1_001)
    assert line.sender.retransmits == 0


def test_the_scoreboard_is_dropped_when_all_is_well_again() -> None:
    line = Line()
    line.write(10_000)
    line.ack(1, (1_001, 3_001), after=100)
    assert line.sender.trouble is not None and line.sender.trouble.sent_order is not None
    line.ack(10_001, after=10)
    assert line.sender.trouble.sent_order is None
