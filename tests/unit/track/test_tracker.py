"""Feeding: chunks, lives, growing tables, finishing more than once."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from estab.lives import Life, rows_to_table
from estab.machine.compiled import facts_map, received_map, resync_map, sent_map
from estab.track import Tracker
from estab.track.merge import table_to_rows
from estab.track.tracker import Maps, maps_for
from estab.wire.columns import PACKET
from tests.rules.conversation import Capture


@pytest.fixture
def capture() -> Capture:
    return Capture()


def test_nothing_yet() -> None:
    tracker = Tracker()
    assert (tracker.count, tracker.orphan_icmp, tracker.life) == (0, 0, None)
    tracker.feed([], 0, Life.INTERPRETED)
    assert tracker.life is None and tracker.finish().count == 0


def test_only_the_first_rows_of_a_block_are_valid(capture: Capture) -> None:
    for _ in range(4):
        capture.talk().client("S")
    tracker = Tracker()
    tracker.feed(capture.rows, 2, Life.INTERPRETED)
    assert tracker.count == 2 and capture.rows[2].connection == -1


def test_it_goes_on_after_finish(capture: Capture) -> None:
    talk = capture.talk().open()
    tracker = Tracker()
    tracker.feed(capture.rows, 3, Life.INTERPRETED)
    before = tracker.finish()
    talk.close()
    tracker.feed(capture.rows[3:], 3, Life.INTERPRETED)
    assert (before.end(0), tracker.finish().end(0)) == ("open", "fin")
    assert int(before.client.packets[0]) == 2


def test_it_moves_to_the_compiled_life_and_not_back(capture: Capture) -> None:
    capture.talk().open()
    rows = [copy.copy(row) for row in capture.rows]
    tracker = Tracker()
    tracker.feed(rows[:1], 1, Life.INTERPRETED)
    lives = [tracker.life]
    tracker.feed(rows_to_table(rows[1:], PACKET), 2, Life.COMPILED)
    lives.append(tracker.life)
    assert lives == [Life.INTERPRETED, Life.COMPILED] and tracker.count == 1
    assert int(tracker.finish().client.packets[0]) == 2


@pytest.mark.parametrize(("life", "count"), [(Life.INTERPRETED, 1_000), (Life.COMPILED, 70_000)], ids=["interpreted", "compiled"])
def test_a_flood_of_new_connections_grows_the_tables(capture: Capture, life: Life, count: int) -> None:
    """Each SYN is a connection of its own; none is lost, each is found again."""
    capture.talk().client("S")
    flood = rows_to_table(capture.rows * count, PACKET)
    flood["src3"], flood["hash"] = np.arange(count), np.arange(count) * 40_503 % (1 << 32)
    packets = flood if life is Life.COMPILED else table_to_rows(flood)
    tracker = Tracker()
    for _ in range(2):
        tracker.feed(packets, count, life)
        assert tracker.count == count
    connections = tracker.finish()
    assert connections.client.packets.tolist() == [2] * count
    assert len({connections.endpoint(row, 0) for row in range(0, count, 97)}) == len(range(0, count, 97))


def test_times_of_the_sequence(capture: Capture) -> None:
    capture.talk().open().wait("9s").close()
    tracker = Tracker()
    tracker.feed(capture.rows, len(capture.rows), Life.INTERPRETED)
    assert (tracker.first_ns, tracker.last_ns) == (capture.rows[0].time_ns, capture.rows[-1].time_ns)
    connections = tracker.finish()
    assert connections.last_ns_of_capture - connections.first_ns_of_capture > 9_000_000_000


@pytest.mark.parametrize("life", Life)
def test_maps_are_the_machines_in_both_lives(life: Life) -> None:
    maps = maps_for(life)
    assert isinstance(maps, Maps)
    for mine, theirs in zip(maps, (sent_map(), received_map(), resync_map(), facts_map()), strict=True):
        assert [list(row) if theirs.ndim > 1 else row for row in mine] == theirs.tolist()


def test_what_leans_on_the_time_before(capture: Capture) -> None:
    """A SYN at the very beginning may be a repetition of an earlier one; five minutes later it cannot (see flows.SYN_MEMORY_NS)."""
    middle = capture.talk().client("PA", data=1, seq=5, ack=5)
    early = capture.talk().client("S")
    capture.wait("300s")
    late = capture.talk().client("S")
    assert len({id(middle), id(early), id(late)}) == 3
    tracker = Tracker(keep_leaning=True)
    tracker.feed(capture.rows, 3, Life.INTERPRETED)
    assert [tracker.leans(row) for row in range(3)] == [True, True, False]
    assert tracker.leaning is not None
    assert [len(part) for part in tracker.leaning] == [2]
