"""Which SYNs were heard, and what the server did with handshakes that it had begun."""

from __future__ import annotations

import numpy as np
import pytest

from estab.diagnose.evidence import attempts
from tests.rules.conversation import Capture, Conversation


@pytest.fixture
def capture() -> Capture:
    return Capture()


# --- the SYN -----------------------------------------------------------------------------------------------------------------------


def test_a_repeated_syn_without_any_answer_is_unheard(capture: Capture) -> None:
    capture.talk().client("S").wait("1s").client("S", again=True)
    capture.talk().client("S").wait("1s").client("S", again=True).wait("2s").client("S", again=True)
    assert attempts.unheard(capture.facts()).tolist() == [True, True]


def test_an_answer_of_any_kind_shows_that_it_was_heard(capture: Capture) -> None:
    twice = [capture.talk().client("S").wait("1s").client("S", again=True) for _ in range(3)]
    twice[0].server("SA")
    twice[1].server("RA", seq=0)
    twice[2].icmp()
    assert attempts.unheard(capture.facts()).tolist() == [False, False, False]


def test_a_single_syn_and_a_client_that_goes_on_are_not_unheard(capture: Capture) -> None:
    capture.talk().client("S").wait("10s")
    one_way = capture.talk().client("S").wait("1s").client("S", again=True).server("SA", unseen=True)
    one_way.client("A").client("PA", data=10)
    capture.talk().client("PA", data=10).wait("1s").client("PA", again=True)
    capture.talk().client("S").wait("1s").client("S", again=True).client("R")
    assert attempts.unheard(capture.facts()).tolist() == [False] * 4


def late(capture: Capture, answered_after: str) -> Conversation:
    return capture.talk().client("S").wait("1s").client("S", again=True).wait(answered_after).server("SA").client("A")


def test_heard_late_is_an_answer_to_the_repeated_syn(capture: Capture) -> None:
    late(capture, "20ms")
    capture.talk().client("S").wait("1s").client("S", again=True).wait("2s").client("S", again=True).wait("20ms").server("SA").client("A")
    late(capture, "20ms").wait("2s").client("S", seq=1_000)  # and once more behind the answer
    facts = capture.facts()
    assert attempts.heard_late(facts).tolist() == [True, True, True]
    assert attempts.answered_at_once(facts).tolist() == [False, False, False]


@pytest.mark.parametrize(("answered_after", "lost"), [("450ms", True), ("550ms", False)])
def test_a_round_trip_longer_than_the_timer_is_no_loss(capture: Capture, answered_after: str, lost: bool) -> None:
    late(capture, answered_after)
    facts = capture.facts()
    assert attempts.heard_late(facts).tolist() == [lost]
    assert attempts.answered_at_once(facts).tolist() == [not lost]


def test_a_syn_repeated_although_it_was_answered_was_heard_at_once(capture: Capture) -> None:
    capture.talk().client("S").server("SA", dropped=True).wait("1s").client("S", again=True).server("SA", again=True).client("A")
    facts = capture.facts()
    assert attempts.heard_late(facts).tolist() == [False]
    assert attempts.answered_at_once(facts).tolist() == [True]


def test_answered_at_once_needs_syn_and_syn_ack(capture: Capture) -> None:
    capture.talk().client("S").server("SA")
    capture.talk().client("S")
    capture.talk().client("S").server("RA", seq=0)
    capture.talk().client("S", unseen=True).server("SA").client("A")
    assert attempts.answered_at_once(capture.facts()).tolist() == [True, False, False, False]


# --- the handshake -----------------------------------------------------------------------------------------------------------------


def test_a_handshake_is_confirmed_by_the_ack_that_went_by(capture: Capture) -> None:
    capture.talk().open()
    capture.talk().client("S").server("SA").client("PA", data=10)
    capture.talk().client("S").server("SA").client("A", unseen=True)
    capture.talk().client("PA", data=10).server("A")
    assert attempts.confirmed(capture.facts()).tolist() == [True, True, False, False]


def test_a_server_that_repeats_its_syn_ack_by_its_own_timer(capture: Capture) -> None:
    capture.talk().open().wait("1s").server("SA", again=True).client("A")
    assert attempts.repeated_by_server(capture.facts()).tolist() == [True]


def test_syn_acks_repeated_for_another_reason(capture: Capture) -> None:
    capture.talk().client("S").server("SA").wait("1s").server("SA", again=True).client("A")  # there was no ACK before
    far = capture.talk().client("S").wait("1s").client("S", again=True).wait("200ms").server("SA").client("A")
    far.wait("1s").server("SA", again=True).client("A")  # each SYN has its answer
    both = capture.talk().client("S").server("S").wait("1ms").client("SA", seq=1_000).server("SA", seq=500_000)
    both.client("A").server("A").wait("1s").server("SA", seq=500_000).wait("2s").server("SA", seq=500_000)
    facts = capture.facts()
    assert attempts.repeated_by_server(facts).tolist() == [False, False, False]
    assert facts.connections.syn_ack_after_ack[1] == 1


def insisting_at_server(capture: Capture, before: str) -> None:
    """Data that goes by once and is not taken, and `before` later the SYN-ACK again."""
    talk = capture.talk().client("S", ttl=57).server("SA").wait("40ms").client("A", ttl=57).client("PA", data=18, dropped=True, ttl=57)
    talk.wait(before).server("SA", again=True).client("A", ttl=57)


def test_data_before_the_repeated_syn_ack_was_not_taken(capture: Capture) -> None:
    talk = capture.talk().open(rtt="40ms").client("PA", data=18, dropped=True).wait("300ms").client("PA", again=True, dropped=True)
    talk.wait("700ms").server("SA", again=True)
    insisting_at_server(capture, "1s")
    insisting_at_server(capture, "110ms")
    assert attempts.data_before_repeat(capture.facts()).tolist() == [True, True, True]


def test_data_that_may_have_been_lost_or_crossed_proves_nothing(capture: Capture) -> None:
    talk = capture.talk().client("S").wait("40ms").server("SA", ttl=57).client("A").client("PA", data=18, dropped=True)
    talk.wait("1s").server("SA", again=True, ttl=57)  # lost behind the capture point, perhaps
    insisting_at_server(capture, "90ms")  # too short before
    capture.talk().open().wait("1s").server("SA", again=True).client("A").client("PA", data=18)  # only behind it
    capture.talk().open().wait("1s").server("SA", again=True).client("A")  # none at all
    talk = capture.talk().client("S", ttl=57).server("SA").wait("40ms").client("A", ttl=57)
    talk.wait("1s").server("SA", again=True).client("A", ttl=57)  # none at all, beside the server
    capture.talk().open().client("PA", data=18).wait("300ms").client("PA", again=True)  # no repeated SYN-ACK
    assert attempts.data_before_repeat(capture.facts()).tolist() == [False] * 6


# --- where it was captured ---------------------------------------------------------------------------------------------------------


def unplaced(capture: Capture) -> None:
    """Repetitions leave no round trip, and both ends' packets have a fresh TTL."""
    capture.talk().client("S").server("SA").wait("1s").server("SA", again=True)


def near_server(capture: Capture) -> None:
    capture.talk().client("S").server("SA").wait("40ms").client("A")


def test_beside_the_server_it_answers_at_once(capture: Capture) -> None:
    near_server(capture)
    capture.talk().open(rtt="40ms")
    capture.talk().client("S").wait("20ms").server("SA").wait("20ms").client("A")
    assert attempts.at_server(capture.facts()).tolist() == [True, False, False]


def test_others_speak_for_a_connection_that_does_not_tell(capture: Capture) -> None:
    unplaced(capture)
    assert attempts.at_server(capture.facts()).tolist() == [False]
    near_server(capture)
    assert attempts.at_server(capture.facts()).tolist() == [True, True]
    capture.talk().open(rtt="40ms")  # no majority any more
    assert attempts.at_server(capture.facts()).tolist() == [False, True, False]


# --- behind the handshake ----------------------------------------------------------------------------------------------------------


def ignored(capture: Capture, *, data: int = 18, repeats: int = 2) -> Conversation:
    talk = capture.talk().open().client("PA", data=data, dropped=True)
    for _ in range(repeats):
        talk.wait("300ms").client("PA", again=True, dropped=True)
    return talk


@pytest.mark.parametrize(("data", "repeats", "never"), [(18, 2, True), (18, 1, False), (999, 4, True), (1_000, 4, False)])
def test_small_data_sent_three_times_was_never_taken(capture: Capture, data: int, repeats: int, never: bool) -> None:
    ignored(capture, data=data, repeats=repeats)
    assert attempts.never_taken(capture.facts()).tolist() == [never]


def test_a_server_that_repeats_its_syn_ack_is_as_mute(capture: Capture) -> None:
    ignored(capture).server("SA", seq=500_000)
    assert attempts.never_taken(capture.facts()).tolist() == [True]


@pytest.mark.parametrize("flags", ["A", "PA", "FA", "R", "RA"])
def test_one_packet_of_the_server_shows_that_it_knows_the_connection(capture: Capture, flags: str) -> None:
    ignored(capture).server(flags, data=5 if flags == "PA" else 0)
    assert attempts.never_taken(capture.facts()).tolist() == [False]


def test_nothing_is_known_of_a_server_whose_packets_were_not_captured(capture: Capture) -> None:
    talk = capture.talk().client("S").server("SA", unseen=True).client("A").client("PA", data=18, dropped=True)
    for _ in range(3):
        talk.wait("300ms").client("PA", again=True, dropped=True)
    assert attempts.never_taken(capture.facts()).tolist() == [False]


def test_a_bare_reset_answers_the_ack(capture: Capture) -> None:
    capture.talk().open().server("R")
    capture.talk().open().client("PA", data=18).server("R")
    assert attempts.reset_on_ack(capture.facts()).tolist() == [True, True]


def test_resets_of_a_socket_or_of_someone_else(capture: Capture) -> None:
    capture.talk().open().server("RA")
    capture.talk().open().server("R", ttl=50)
    capture.talk().open().client("R").server("R")
    capture.talk().open().client("FA").server("R")
    capture.talk().client("S").server("SA").server("R")
    assert attempts.reset_on_ack(capture.facts()).tolist() == [False] * 5


def test_a_server_that_took_anything_had_a_socket(capture: Capture) -> None:
    capture.talk().open().client("PA", data=18).server("A").server("R")
    capture.talk().open().server("PA", data=18).server("R")
    capture.talk().open().server("FA").server("R")
    assert attempts.reset_on_ack(capture.facts()).tolist() == [False] * 3


@pytest.mark.parametrize(
    ("rtt", "after", "soon"),
    [("1ms", "100ms", True), ("1ms", "110ms", False), ("50ms", "290ms", True), ("50ms", "310ms", False)],
)
def test_a_reset_comes_as_soon_as_the_path_allows(capture: Capture, rtt: str, after: str, soon: bool) -> None:
    capture.talk().open(rtt=rtt).wait(after).server("R")
    assert attempts.reset_on_ack(capture.facts()).tolist() == [soon]


def test_data_and_fin_show_an_application(capture: Capture) -> None:
    capture.talk().open().server("PA", data=1)
    capture.talk().open().server("FA")
    capture.talk().open().client("PA", data=18).server("A")
    capture.talk().open().client("FA").server("A")
    capture.talk().open().server("RA")
    assert attempts.served(capture.facts()).tolist() == [True, True, False, False, False]


# --- of several connections --------------------------------------------------------------------------------------------------------


def test_waiting_is_from_the_first_syn_to_the_last(capture: Capture) -> None:
    capture.talk().client("S").wait("10s")
    capture.talk().client("S").wait("1s").client("S", again=True).wait("2s").client("S", again=True)
    capture.talk().client("PA", data=1).server("A")
    facts = capture.facts()
    assert attempts.waited_ns(facts, np.array([1, 0])).tolist() == [3_000_040_000, 0]
    assert attempts.waited_ns(facts, np.array([2])).tolist() == [0]


def test_attempts_to_the_same_listener(capture: Capture) -> None:
    capture.talk().client("S")
    capture.talk(server="10.0.0.2:81").open()
    capture.talk(client="10.0.0.9").open()
    capture.talk().client("PA", data=10).server("A")  # older than the capture
    capture.talk(server="10.0.0.3:80").open()
    facts = capture.facts()
    assert attempts.attempts_like(facts, 0).tolist() == [0, 2]
    assert attempts.attempts_like(facts, 3).tolist() == [0, 2]
    assert attempts.attempts_like(facts, 1).tolist() == [1]


def test_data_loss_counts_both_sides_of_those_asked_for(capture: Capture) -> None:
    def exchange(*, client_again: bool = False, server_again: bool = False) -> None:
        talk = capture.talk().open().client("PA", data=100)
        if client_again:
            talk.wait("300ms").client("PA", again=True)
        talk.server("PA", data=100)
        if server_again:
            talk.wait("300ms").server("PA", again=True)
        talk.client("A").client("PA", data=100).server("A").client("PA", data=100).server("A").close()

    exchange(client_again=True)
    exchange(server_again=True)
    exchange()
    capture.talk().open().close()
    facts = capture.facts()
    assert attempts.data_loss(facts, np.array([0])) == 0.2
    assert attempts.data_loss(facts, np.array([1])) == 0.2
    assert attempts.data_loss(facts, np.array([2])) == 0
    assert attempts.data_loss(facts, np.array([0, 1, 2])) == pytest.approx(2 / 14)
    assert attempts.data_loss(facts, np.array([3])) == 0
    assert attempts.data_loss(facts, np.zeros(0, np.int64)) == 0
