"""Joining two parts; that any parts give the whole is held by tests/property/test_merge.py."""

from __future__ import annotations

import copy

import pytest

from estab.errors import MisuseError
from estab.lives import Life, rows_to_table
from estab.track import Tracker
from estab.track.merge import absorb, table_to_rows
from estab.track.records import REUSED_IN_TIME_WAIT
from estab.wire.columns import PACKET
from tests.rules.conversation import Capture


@pytest.fixture
def capture() -> Capture:
    return Capture()


def parts(capture: Capture, place: int) -> tuple[Tracker, Tracker]:
    rows = [copy.copy(row) for row in capture.rows]
    earlier, later = Tracker(), Tracker(keep_leaning=True)
    earlier.feed(rows[:place], place, Life.INTERPRETED)
    later.feed(rows[place:], len(rows) - place, Life.INTERPRETED)
    return earlier, later


def test_a_connection_across_the_cut_is_one(capture: Capture) -> None:
    capture.talk().open().client("PA", data=10).server("A").close()
    earlier, later = parts(capture, 4)
    absorb(earlier, later)
    connections = earlier.finish()
    assert connections.count == 1 and connections.end(0) == "fin"
    assert (int(connections.client.packets[0]), int(connections.client.retransmits[0])) == (5, 0)


def test_a_repetition_across_the_cut_is_one(capture: Capture) -> None:
    capture.talk().client("S").wait("1s").client("S", again=True).wait("2s").client("S", again=True)
    earlier, later = parts(capture, 1)
    absorb(earlier, later)
    connections = earlier.finish()
    assert connections.count == 1 and int(connections.client.retransmit_syn[0]) == 2


def test_reuse_across_the_cut_is_seen(capture: Capture) -> None:
    old = capture.talk("10.0.0.1:5000").open().close()
    capture.wait("20s")
    new = capture.talk("10.0.0.1:5000")
    new.ends["client"].isn = new.ends["client"].next = old.ends["client"].next + 9_000
    new.open()
    earlier, later = parts(capture, 6)
    absorb(earlier, later)
    connections = earlier.finish()
    assert connections.count == 2 and int(connections.previous[1]) == 0
    assert int(connections.marks[1]) & REUSED_IN_TIME_WAIT


def test_an_icmp_error_finds_its_connection_in_the_part_before(capture: Capture) -> None:
    capture.talk().client("S").icmp("client")
    earlier, later = parts(capture, 1)
    assert later.orphan_icmp == 1
    absorb(earlier, later)
    assert earlier.orphan_icmp == 0 and int(earlier.finish().icmp_count[0]) == 1


@pytest.mark.parametrize("place", [0, 6], ids=["nothing before", "nothing after"])
def test_an_empty_part(capture: Capture, place: int) -> None:
    capture.talk().open().close()
    earlier, later = parts(capture, place)
    absorb(earlier, later)
    connections = earlier.finish()
    assert (connections.count, connections.first_ns_of_capture) == (1, capture.rows[0].time_ns)
    assert connections.last_ns_of_capture == capture.rows[-1].time_ns


def test_a_part_that_kept_nothing_cannot_be_joined(capture: Capture) -> None:
    capture.talk().open()
    with pytest.raises(MisuseError, match="keep_leaning"):
        absorb(Tracker(), Tracker())


def test_rows_there_and_back(capture: Capture) -> None:
    capture.talk().open()
    table = rows_to_table(capture.rows, PACKET)
    assert (rows_to_table(table_to_rows(table), PACKET) == table).all()
