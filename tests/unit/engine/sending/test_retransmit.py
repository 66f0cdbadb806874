from __future__ import annotations

from estab.engine.sending.entries import Sent
from estab.engine.sending.profile import SendingProfile
from estab.engine.sending.retransmit import cut, place_behind
from tests.unit.engine.sending.line import Line


def entries(line: Line) -> list[Sent]:
    found, entry = [], line.sender.head
    while entry is not None:
        found.append(entry)
        entry = entry.next
    return found


def test_what_is_lost_is_sent_again_from_the_front_as_the_window_allows() -> None:
    line = Line(rtt_ms=10)
    line.write(10_000)
    line.ack(1, (4_001, 5_001), after=10)
    line.ack(1, (4_001, 6_001), after=2)
    assert line.ack(1, (4_001, 7_001)) == ["R 1:1001"]
    assert line.ack(1, (4_001, 8_001)) == ["R 1001:2001"]
    assert line.ack(1, (4_001, 9_001)) == ["R 2001:3001"]
    assert line.ack(1, (4_001, 10_001)) == ["R 3001:4001"]
    assert line.sender.counters["TcpExt.TCPFastRetrans"] == line.sender.counters["Tcp.RetransSegs"] == 4


def test_small_segments_are_joined_when_they_are_sent_again() -> None:
    line = Line(sack=False)
    line.sender.set_nodelay(True)
    for size in (100, 200, 300, 600):
        line.write(size)
    assert line.wait(300) == [(300, ["R 1:601"])]
    assert [(entry.start, entry.end) for entry in entries(line)] == [(1, 601), (601, 1_201)]
    assert line.sender.packets_out == 2
    assert entries(line)[0].payload == bytes(600)


def test_records_that_end_are_not_joined_when_sent_again() -> None:
    line = Line(sack=False)
    line.sender.set_nodelay(True)
    for size in (100, 200, 300):
        line.write(size, end_of_record=True)
    assert line.wait(300) == [(300, ["R 1:101"])]


def test_a_fin_is_joined_to_the_last_data() -> None:
    line = Line(sack=False)
    line.write(100)
    line.close()
    assert line.wait(300) == [(300, ["R 1:101F"])]
    line.ack(102, after=100)
    assert line.sender.fin_acked and line.sender.packets_out == 0


def test_what_lies_beyond_a_window_that_has_shrunk_is_not_sent_again_but_the_front_always_is() -> None:
    line = Line(sack=False)
    line.write(3_000)
    line.ack(1, after=50, window=0)
    assert line.wait(299) == [(250, ["R 1:1001"])]
    line.ack(1_001, after=100, window=500)
    # Half of a segment fits: it is cut.
    assert [word for _, words in line.wait(2_000) for word in words][:1] == ["R 1001:1501"]


def test_a_large_entry_is_cut_into_parts_that_the_window_lets_out() -> None:
    line = Line(profile=SendingProfile(gso_max_bytes=65_536, min_tso_segments=10))
    line.write(10_000)
    assert [entry.segments for entry in entries(line)] == [5, 5]
    cut(line.sender, entries(line)[0], 2_000)
    assert [(entry.start, entry.segments) for entry in entries(line)] == [(1, 2), (2_001, 3), (5_001, 5)]
    assert line.sender.packets_out == 10
    cut(line.sender, entries(line)[2], 4_000)
    assert line.sender.tail is entries(line)[-1]


def test_an_order_takes_a_new_member_behind_an_old_one() -> None:
    first, second, new = (Sent(n, n + 1, b"x", 1, False, False, 0) for n in range(3))
    order = {first: None, second: None}
    place_behind(order, first, new)
    assert list(order) == [first, new, second]
