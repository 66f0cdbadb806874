"""The packet loop: plain counters, what later packets are compared with, full tables."""

from __future__ import annotations

import pytest

from estab.lives import Life
from estab.track import Tracker, loop
from estab.track.records import COPIES_SEEN, HEADERS_CUT, SERVER_SPOKE_FIRST
from estab.track.verdict import Verdict
from estab.wire.columns import OPT_CUT
from tests.property.traffic import random_draws, traffic
from tests.rules.conversation import Capture
from tests.unit.track.tracked import tracked


@pytest.fixture
def capture() -> Capture:
    return Capture()


def test_plain_counters(capture: Capture) -> None:
    talk = capture.talk().open().client("PA", data=100, ecn=2).server("AE").server("PA", data=1000, ecn=3).client("AC").close()
    told = tracked(capture)
    assert talk.ends["client"].port == told.connections.endpoint(0, 0).port
    assert (told.client("packets"), told.server("packets")) == (6, 4)
    assert (told.client("payload_bytes"), told.server("payload_bytes")) == (100, 1000)
    assert (told.client("data_packets"), told.server("data_packets")) == (1, 1)
    assert (told.client("pure_acks"), told.server("pure_acks")) == (3, 1)
    assert (told.client("ect_packets"), told.server("ce_packets"), told.server("ect_packets")) == (1, 1, 1)
    assert (told.server("ece_packets"), told.client("cwr_packets")) == (1, 1)


def test_times_and_frames(capture: Capture) -> None:
    capture.talk().open().wait("5s").server("PA", data=10).client("A")
    told = tracked(capture)
    connections = told.connections
    assert (int(connections.first_frame[0]), int(connections.last_frame[0])) == (1, 5)
    assert (int(connections.first_ns[0]), int(connections.last_ns[0])) == (told.rows[0].time_ns, told.rows[-1].time_ns)
    assert told.server("gap_longest_ns") == told.rows[3].time_ns - told.rows[1].time_ns
    assert (told.client("first_frame"), told.server("first_frame"), told.server("last_frame")) == (1, 2, 4)


def test_ttls(capture: Capture) -> None:
    capture.talk().client("S", ttl=60).server("SA").client("A", ttl=58).client("PA", data=1, ttl=61)
    told = tracked(capture)
    assert (told.client("ttl"), told.client("ttl_min"), told.client("ttl_max")) == (60, 58, 61)


def test_the_first_packet_opens(capture: Capture) -> None:
    capture.talk().client("PA", data=10, seq=5, ack=9).client("PA", data=10, seq=15, ack=9)
    assert [bool(verdict & Verdict.OPENS) for verdict in tracked(capture).verdicts()] == [True, False]


def test_marks_of_the_whole_connection(capture: Capture) -> None:
    capture.talk().open().server("PA", data=10)
    capture.talk().open().client("PA", data=10, options=OPT_CUT)
    told = tracked(capture)
    assert [told.has(SERVER_SPOKE_FIRST, row) for row in (0, 1)] == [True, False]
    assert [told.has(HEADERS_CUT, row) for row in (0, 1)] == [False, True]
    assert not told.has(COPIES_SEEN)


def test_the_loop_stops_before_a_table_is_full(capture: Capture) -> None:
    """It says which packet it did not take, so that the caller can grow the tables and go on."""
    for _ in range(3):
        capture.talk().client("S")
    tracker = Tracker()
    tracker.feed(capture.rows[:1], 1, Life.INTERPRETED)
    counters = [0] * loop.COUNTERS
    tables = (tracker._connections.rows, tracker._sides.rows, [0] * 64, 63, tracker._log.rows, counters)
    assert loop.feed(capture.rows, 0, 3, *tables, [2, 1000], tracker._maps) == 2
    assert counters[loop.COUNT_CONNECTIONS] == 2
    counters[loop.COUNT_TRANSITIONS] = 0
    assert loop.feed(capture.rows, 2, 3, *tables, [5, loop.ROOM_FOR_TRANSITIONS - 1], tracker._maps) == 2
    assert loop.feed(capture.rows, 2, 3, *tables, [5, loop.ROOM_FOR_TRANSITIONS], tracker._maps) == 3


def test_one_packet_never_needs_more_log_than_there_is_room() -> None:
    """The most that any packet of any sequence logs: see tests/property/traffic.py."""
    for seed in range(3):
        tracker, logged = Tracker(), 0
        for row in traffic(random_draws(seed, 600), pairs=2):
            tracker.feed([row], 1, Life.INTERPRETED)
            now = tracker._counters[loop.COUNT_TRANSITIONS]
            assert now - logged <= loop.ROOM_FOR_TRANSITIONS
            logged = now


def test_a_capture_without_times_is_tracked() -> None:
    capture = Capture(timed=False)
    capture.talk().open().client("PA", data=10).server("A").close()
    told = tracked(capture)
    assert told.connections.end(0) == "fin" and told.client("retransmits") == 0


def test_both_sides_of_a_connection_to_itself_are_one_socket(capture: Capture) -> None:
    capture.talk("10.0.0.1:7000", "10.0.0.1:7000").client("S", seq=0).client("SA", seq=0, ack=1).client("PA", data=5, seq=1, ack=1)
    told = tracked(capture)
    assert all(row.states_sender == row.states_receiver for row in told.rows)
    states = [told.after(packet)[0] for packet in range(3)]
    assert "SYN-SENT" in states[0] and "SYN-RECEIVED" in states[1] and "ESTABLISHED" in states[2], states
