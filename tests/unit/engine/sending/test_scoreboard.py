from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import pytest

from estab.engine.sending.entries import SACKED
from estab.engine.sending.profile import SendingProfile
from estab.engine.sending.scoreboard import frontier, new_parts
from tests.unit.engine.sending.line import Line
from tests.unit.engine.sending.test_retransmit import entries


def reported(line: Line) -> list[int]:
    return [entry.start for entry in entries(line) if entry.marks & SACKED]


def test_blocks_mark_whole_segments_only() -> None:
    line = Line()
    line.write(5_000)
    line.ack(1, (1_500, 3_500), after=100)
    assert reported(line) == [2_001]
    assert (line.sender.sacked_out, frontier(line.sender)) == (1, 3_001)


def test_a_block_that_grows_or_merges_marks_what_is_new() -> None:
    line = Line()
    line.write(10_000)
    line.ack(1, (2_001, 3_001), after=100)
    line.ack(1, (6_001, 7_001), (2_001, 3_001), after=1)
    line.ack(1, (2_001, 8_001), after=1)
    assert reported(line) == [2_001, 3_001, 4_001, 5_001, 6_001, 7_001]
    assert line.sender.sacked_out == 6


@pytest.mark.parametrize("block", [(9_001, 9_001), (9_001, 8_001), (9_001, 20_001), (1, 1_001), (50_001, 60_001)])
def test_what_cannot_be_true_is_discarded(block: tuple[int, int]) -> None:
    line = Line()
    line.write(10_000)
    line.ack(1, block, after=100)
    assert line.sender.sacked_out == 0
    assert line.sender.counters["TcpExt.TCPSACKDiscard"] == 1


def test_a_segment_overtaken_by_five_others_is_reordering_of_six() -> None:
    line = Line(window=1_024 << 7)
    line.write(10_000)
    line.ack(1, (2_001, 3_001), after=100)
    line.ack(1, (2_001, 3_001), (6_001, 7_001), after=1)
    assert line.ack(1, (2_001, 3_001), (6_001, 7_001), (8_001, 9_001), after=1) == ["R 1:1001"]
    assert line.sender.lost_out == 6
    assert line.ack(1, (2_001, 4_001), (6_001, 7_001), (8_001, 9_001), after=7) == ["R 1001:2001"]
    info = line.sender.info(line.now_ns)
    assert (info["lost_segments"], info["reordering"], info["reord_seen"]) == (5, 6, 1)
    lost = []
    for number, blocks, after in (
        (1, ((2_001, 4_001), (6_001, 7_001), (8_001, 10_001)), 10),
        (1_001, ((2_001, 4_001), (6_001, 7_001), (8_001, 10_001)), 83),
        (4_001, ((6_001, 7_001), (8_001, 10_001)), 17),
        (7_001, ((8_001, 10_001),), 10),
        (10_001, (), 100),
    ):
        line.ack(number, *blocks, after=after)
        lost.append(line.sender.lost_out)
    assert lost == [5, 4, 3, 1, 0]
    assert (line.sender.sacked_out, line.sender.retrans_out, line.sender.packets_out) == (0, 0, 0)


def test_the_tolerance_of_reordering_ends_at_its_knob() -> None:
    line = Line(tcp_max_reordering=4)
    line.write(10_000)
    line.ack(1, (8_001, 9_001), after=100)
    line.ack(1, (1_001, 2_001), (8_001, 9_001), after=1)
    assert line.sender.info(line.now_ns)["reordering"] == 4


def test_a_dsack_below_the_ack_counts_what_arrived_twice() -> None:
    line = Line()
    line.write(3_000)
    line.wait(204)  # the probe sends the last segment again
    line.ack(3_001, (2_001, 3_001), after=10)
    info = line.sender.info(line.now_ns)
    assert info["dsack_dups"] == 1
    assert line.sender.counters["TcpExt.TCPDSACKRecv"] == line.sender.counters["TcpExt.TCPDSACKRecvSegs"] == 1


def test_a_dsack_for_what_was_never_sent_twice_is_dubious() -> None:
    line = Line()
    line.write(3_000)
    line.ack(3_001, (1, 1_001), after=100)
    assert line.sender.counters["TcpExt.TCPDSACKIgnoredDubious"] == 1


def test_a_dsack_within_the_second_block_is_one_too() -> None:
    line = Line()
    line.write(5_000)
    line.wait(204)
    line.ack(1, (4_001, 5_001), (3_001, 5_001), after=10)
    assert line.sender.counters["TcpExt.TCPDSACKOfoRecv"] == 1
    assert reported(line) == [3_001, 4_001]


def test_a_large_entry_is_cut_where_a_block_covers_a_part_of_it() -> None:
    line = Line(profile=SendingProfile(gso_max_bytes=65_536, min_tso_segments=10))
    line.write(10_000)
    line.ack(1, (1_001, 3_001), after=100)
    assert [(entry.start, entry.segments, bool(entry.marks & SACKED)) for entry in entries(line)] == [
        (1, 1, False),
        (1_001, 2, True),
        (3_001, 2, False),
        (5_001, 5, False),
    ]
    line.ack(1, (1_001, 7_500), after=1)
    assert (line.sender.sacked_out, line.sender.packets_out) == (6, 10)


ranges = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@hypothesis.given(ranges, st.lists(ranges, max_size=5))
def test_new_parts_are_exactly_what_was_not_known(block: tuple[int, int], raw: list[tuple[int, int]]) -> None:
    known: list[tuple[int, int]] = []
    for left, right in sorted(raw):
        if not known or left > known[-1][1]:
            known.append((left, right))
    found = {n for left, right in new_parts(*block, tuple(known)) for n in range(left, right)}
    assert found == set(range(*block)) - {n for left, right in known for n in range(left, right)}


@hypothesis.given(st.data())
def test_any_schedule_of_sacks_leaves_counts_that_add_up(data: st.DataObject) -> None:
    line = Line(rtt_ms=20, profile=data.draw(st.sampled_from([SendingProfile(), SendingProfile(gso_max_bytes=65_536, min_tso_segments=4)])))
    line.sender.set_send_buffer(200_000)
    line.write(60_000)
    arrived: set[int] = set()
    una = 0
    for _ in range(data.draw(st.integers(1, 25))):
        sent = (line.sender.snd_nxt - 1) // 1_000
        arrived |= set(data.draw(st.lists(st.integers(una, max(una, sent - 1)), max_size=3)))
        arrived &= set(range(sent))
        while una in arrived:
            una += 1
        above = sorted(arrived - set(range(una)))
        blocks: list[tuple[int, int]] = []
        for n in above:
            if blocks and blocks[-1][1] == n * 1_000 + 1:
                blocks[-1] = (blocks[-1][0], n * 1_000 + 1_001)
            else:
                blocks.append((n * 1_000 + 1, n * 1_000 + 1_001))
        data.draw(st.randoms(use_true_random=False)).shuffle(blocks)
        line.ack(una * 1_000 + 1, *blocks[:4], after=data.draw(st.sampled_from([0, 1, 5, 30])))
        if data.draw(st.booleans()):
            line.wait(data.draw(st.sampled_from([1, 40, 300])))
        check(line)
    while line.sender.has_data:
        line.ack(line.sender.snd_nxt, after=10)
        check(line)
    assert line.sender.packets_out == line.sender.sacked_out == line.sender.lost_out == line.sender.retrans_out == 0
    assert line.sender.wmem_bytes == 0


def check(line: Line) -> None:
    sender = line.sender
    queue = entries(line)
    assert sender.packets_out == sum(entry.segments for entry in queue)
    assert sender.sacked_out == sum(entry.segments for entry in queue if entry.marks & 1)
    assert sender.retrans_out == sum(entry.segments for entry in queue if entry.marks & 2)
    assert sender.lost_out == sum(entry.segments for entry in queue if entry.marks & 4)
    assert sender.sacked_out + sender.lost_out <= sender.packets_out
    assert not any(entry.marks & 1 and entry.marks & 4 for entry in queue)
    assert [entry.end for entry in queue[:-1]] == [entry.start for entry in queue[1:]]
    assert (queue[-1] if queue else None) is sender.tail
    assert all(len(entry.payload) == entry.end - entry.start for entry in queue)
    assert sender.cwnd >= 1
    order = sender.trouble.sent_order if sender.trouble is not None else None
    if order is not None:
        stamps = [entry.sent_ns for entry in order]
        assert stamps == sorted(stamps)
        assert set(order) == {entry for entry in queue if not entry.marks & 1 and (not entry.marks & 4 or entry.marks & 2)}
