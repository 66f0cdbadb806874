from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from estab.diagnose.facts import CLIENT, SERVER, Facts, Vantage
from estab.instant import MILLISECOND_NS
from tests.rules.conversation import Capture


@pytest.fixture
def capture() -> Capture:
    return Capture()


def test_masks_of_the_opening(capture: Capture) -> None:
    capture.talk().open()
    capture.talk().client("S")
    capture.talk().client("S").server("RA", seq=0)
    capture.talk().client("PA", data=10).server("A")
    facts = capture.facts()
    assert facts.attempted.tolist() == [True, True, True, False]
    assert facts.answered.tolist() == [True, False, False, False]
    assert facts.refused.tolist() == [False, False, True, False]
    assert facts.established.tolist()[:3] == [True, False, False]
    assert facts.midstream.tolist() == [False, False, False, True]
    assert facts.reset.tolist() == [False, False, True, False]


def test_a_missing_direction_is_told_from_silence(capture: Capture) -> None:
    capture.talk().client("S")
    capture.talk().client("S").server("SA", unseen=True).client("A").client("PA", data=5)
    facts = capture.facts()
    assert facts.one_way.tolist() == [False, True] and facts.only_one_way
    capture.talk().open()
    assert not capture.facts().only_one_way


def test_a_connection_to_itself_misses_no_direction(capture: Capture) -> None:
    capture.talk("10.0.0.1:7000", "10.0.0.1:7000").client("S", seq=0).client("SA", seq=0, ack=1).client("PA", data=5, seq=1, ack=1)
    capture.talk("10.0.0.1:7000", "10.0.0.1:7001").client("S")
    facts = capture.facts()
    assert facts.equal_ends.tolist() == [True, False] and not facts.one_way.any() and not facts.only_one_way


def test_silence_alone_is_not_a_missing_direction(capture: Capture) -> None:
    capture.talk().client("S").client("S", again=True)
    assert not capture.facts().only_one_way


@pytest.mark.parametrize(
    ("first", "second", "vantage"),
    [
        ("20ms", "50us", Vantage.CLIENT),
        ("50us", "20ms", Vantage.SERVER),
        ("10ms", "9ms", Vantage.MIDDLE),
        ("20us", "20us", Vantage.UNKNOWN),
    ],
)
def test_who_answers_at_once_is_near(capture: Capture, first: str, second: str, vantage: Vantage) -> None:
    capture.talk().client("S").wait(first).server("SA").wait(second).client("A")
    facts = capture.facts()
    assert facts.vantage.tolist() == [vantage] and facts.capture_vantage is vantage


def test_an_unused_time_to_live_tells_where_times_do_not(capture: Capture) -> None:
    capture.talk().client("S", ttl=64).server("SA", ttl=57).client("A", ttl=64)
    assert capture.facts().capture_vantage is Vantage.CLIENT


def test_a_repeated_syn_says_nothing_about_delays(capture: Capture) -> None:
    capture.talk().client("S").wait("1s").client("S", again=True).wait("20ms").server("SA").client("A")
    facts = capture.facts()
    assert facts.synack_delay_ns.tolist() == [0] and facts.handshake_rtt_ns.tolist() == [0]


def test_the_round_trip_of_the_handshake(capture: Capture) -> None:
    capture.talk().open("20ms")
    (rtt_ns,) = capture.facts().handshake_rtt_ns.tolist()
    assert 20 * MILLISECOND_NS <= rtt_ns < 21 * MILLISECOND_NS


def test_groups_keep_listeners_and_hosts_apart(capture: Capture) -> None:
    for client, server in [
        ("10.0.0.1", "10.0.0.2:80"),
        ("10.0.0.9", "10.0.0.3:80"),
        ("10.0.0.1", "10.0.0.2:81"),
        ("10.0.0.1", "10.0.0.2:80"),
    ]:
        capture.talk(client, server).open()
    facts = capture.facts()
    by_server = [(str(group.endpoint), group.rows.tolist()) for group in facts.group_by_server(facts.attempted)]
    assert by_server == [("10.0.0.2:80", [0, 3]), ("10.0.0.3:80", [1]), ("10.0.0.2:81", [2])]
    assert [group.rows.tolist() for group in facts.group_by_server_address(facts.attempted)] == [[0, 2, 3], [1]]
    by_client = [(group.endpoint.address, group.endpoint.port, group.rows.tolist()) for group in facts.group_by_client(facts.attempted)]
    assert by_client == [("10.0.0.1", 0, [0, 2, 3]), ("10.0.0.9", 0, [1])]
    assert list(facts.group_by_server(facts.refused)) == []
    assert facts.same_server(0).tolist() == [True, False, False, True] and facts.same_client(1).tolist() == [False, True, False, False]
    assert facts.rows_to_server(3).tolist() == [0, 3] and facts.rows_to_server(1).tolist() == [1]
    assert facts.rows_to_server_address(3).tolist() == [0, 2, 3]
    assert facts.rows_from_client(2).tolist() == [0, 2, 3]
    assert facts.distinct_clients(facts.group_by_server(facts.attempted)[0].rows) == 1


def test_frames_are_sorted_and_those_that_do_not_exist_are_left_out(capture: Capture) -> None:
    capture.talk().client("S").server("RA", seq=0)
    assert capture.facts().frames(0, (SERVER, "rst_frame"), (CLIENT, "syn_frame"), (CLIENT, "fin_frame")) == (1, 2)


def test_tails_end_with_the_capture(capture: Capture) -> None:
    capture.talk().open()
    capture.wait("5s")
    (tail_ns,) = capture.facts().tail_ns.tolist()
    assert 5_000 * MILLISECOND_NS <= tail_ns < 5_001 * MILLISECOND_NS


def test_a_capture_without_times_says_so() -> None:
    capture = Capture(timed=False)
    capture.talk().open()
    assert not capture.facts().has_times


def test_an_empty_capture_has_facts_too() -> None:
    facts = Capture().facts()
    assert facts.count == 0 and not facts.only_one_way and facts.capture_vantage is Vantage.UNKNOWN
    assert not facts.options_cut and facts.claimed_by("any.code").tolist() == []


def test_two_syns_that_cross_do_not_tell_where_they_were_captured(capture: Capture) -> None:
    talk = capture.talk().client("S").wait("50ms").server("S").wait("1ms").client("SA").wait("50ms").server("SA").client("A").server("A")
    talk.client("PA", data=5)
    facts = capture.facts()
    assert facts.handshake_rtt_ns.tolist() == [0] and facts.capture_vantage is Vantage.UNKNOWN


def test_evidence_that_several_rules_ask_for_at_once_is_made_once(capture: Capture) -> None:
    capture.talk().open()
    facts, asking, made = capture.facts(), threading.Barrier(4), []

    def make(seen: Facts, number: int) -> int:
        time.sleep(0.02)
        made.append(number)
        return number + seen.count

    def ask(number: int) -> int:
        asking.wait(20)
        return facts.once(make, 7)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [8] * 4
    assert made == [7]
