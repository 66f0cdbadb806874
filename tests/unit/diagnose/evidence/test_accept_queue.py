"""What a full accept queue looks like at one listener, and what only looks like it."""

from __future__ import annotations

import numpy as np
import pytest

from estab.diagnose.evidence.accept_queue import Pictures, pictures, suspect
from tests.rules.conversation import Capture
from tests.rules.listeners import (
    CLIENT,
    SERVER,
    aborted,
    accepted,
    again,
    believing,
    dropped,
    insisted,
    repeated,
    repeated_at_server,
    served,
    unheeded,
)


@pytest.fixture
def capture() -> Capture:
    return Capture()


def look(capture: Capture) -> Pictures | None:
    """At the listener of the first connection."""
    facts = capture.facts()
    return pictures(facts, suspect(facts, np.ones(facts.count, bool)), 0)


def ways(found: Pictures | None) -> list[list[int]]:
    """Rows that were dropped, repeated, ignored, aborted."""
    assert found is not None
    return [rows.tolist() for rows in (found.dropped, found.repeated, found.ignored, found.aborted)]


# --- SYNs dropped ------------------------------------------------------------------------------------------------------------------


def test_syns_dropped_behind_connections_that_nobody_serves(capture: Capture) -> None:
    accepted(capture, 2)
    dropped(capture, CLIENT, CLIENT)
    found = look(capture)
    assert ways(found) == [[2, 3], [], [], []]
    assert found is not None and (found.unserved, found.certain, found.ways, found.rows.tolist()) == (2, False, 1, [2, 3])


@pytest.mark.parametrize(("syns", "seen"), [(2, False), (3, True)])
def test_one_attempt_is_enough_where_three_syns_were_dropped(capture: Capture, syns: int, seen: bool) -> None:
    accepted(capture, 1)
    dropped(capture, CLIENT, syns=syns)
    assert (look(capture) is not None) is seen


@pytest.mark.parametrize(("count", "seen"), [(4, False), (5, True)])
def test_five_are_needed_where_others_are_served(capture: Capture, count: int, seen: bool) -> None:
    served(capture, 1)
    dropped(capture, *[CLIENT] * count, syns=5)
    served(capture, 1)  # the host lives
    found = look(capture)
    assert (found is not None) is seen
    assert found is None or (found.unserved, len(found.dropped)) == (0, 5)


def test_syns_that_were_answered_late_count_as_well(capture: Capture) -> None:
    served(capture, 1)
    talks = [capture.talk(CLIENT, SERVER).client("S") for _ in range(5)]
    again(capture, talks)
    for talk in talks:
        talk.server("SA").client("A").client("PA", data=18).server("PA", data=10).close()
    assert ways(look(capture)) == [[1, 2, 3, 4, 5], [], [], []]


def test_a_listener_that_accepts_nobody_drops_for_another_reason(capture: Capture) -> None:
    dropped(capture, *[CLIENT] * 6, syns=4)
    assert look(capture) is None


@pytest.mark.parametrize(("pause", "seen"), [("59s", True), ("61s", False)])
def test_another_was_accepted_within_the_minute_before(capture: Capture, pause: str, seen: bool) -> None:
    accepted(capture, 1)
    capture.wait(pause)
    dropped(capture, CLIENT, CLIENT)
    assert (look(capture) is not None) is seen


def test_those_accepted_only_afterwards_do_not_tell(capture: Capture) -> None:
    dropped(capture, CLIENT, CLIENT)
    accepted(capture, 1)
    assert look(capture) is None


@pytest.mark.parametrize(("server", "seen"), [(None, False), ("10.0.0.2:22", True), ("10.0.0.3:8080", False)])
def test_a_host_that_served_must_be_alive(capture: Capture, server: str | None, seen: bool) -> None:
    served(capture, 3)
    dropped(capture, *[CLIENT] * 5)
    if server:
        capture.talk(CLIENT, server).open()
    assert (look(capture) is not None) is seen


@pytest.mark.parametrize(("silent", "seen"), [(0, True), (4, False)])
def test_a_path_that_swallows_syns_to_other_listeners_too(capture: Capture, silent: int, seen: bool) -> None:
    served(capture, 1)
    served(capture, 4, server="10.0.0.2:22")
    talks = [capture.talk(CLIENT, SERVER).client("S") for _ in range(5)]
    talks += [capture.talk(CLIENT, "10.0.0.2:22").client("S") for _ in range(silent)]
    again(capture, talks)
    served(capture, 1)
    assert (look(capture) is not None) is seen


def partly(capture: Capture, between: int, losses: int = 0) -> None:
    """Five attempts are dropped, with so many that are served between two of them; of these some lose a segment."""
    served(capture, 1)
    talks = []
    for number in range(5):
        talks.append(capture.talk(CLIENT, SERVER).client("S"))
        served(capture, between if number < 4 else 0)
    for _ in range(losses):
        talk = capture.talk(CLIENT, SERVER).open().client("PA", data=18).wait("300ms").client("PA", again=True)
        talk.server("PA", data=100).close()
    again(capture, talks)
    served(capture, 1)


@pytest.mark.parametrize(("between", "seen"), [(0, True), (1, True), (7, True), (8, False)])
def test_a_part_of_the_attempts(capture: Capture, between: int, seen: bool) -> None:
    """5 of 5, of 9, of 33 (15.2 %), of 37 (13.5 %)."""
    partly(capture, between)
    assert (look(capture) is not None) is seen


@pytest.mark.parametrize(("count", "seen"), [(4, False), (5, True)])
def test_a_part_takes_five_even_where_nobody_is_served(capture: Capture, count: int, seen: bool) -> None:
    """4 of 13 or 5 of 17, the others being accepted."""
    accepted(capture, 1)
    talks = []
    for number in range(count):
        talks.append(capture.talk(CLIENT, SERVER).client("S"))
        accepted(capture, 3 if number < count - 1 else 0)
    again(capture, talks)
    assert (look(capture) is not None) is seen


@pytest.mark.parametrize(("losses", "seen"), [(1, True), (3, False)])
def test_a_path_that_loses_data_loses_syns(capture: Capture, losses: int, seen: bool) -> None:
    """5 of 29 (17 %) vanish, while 2 % or 5 % of the segments do."""
    partly(capture, 6, losses)
    assert (look(capture) is not None) is seen


def test_a_filter_tells_clients_apart(capture: Capture) -> None:
    accepted(capture, 2)
    dropped(capture, "10.0.0.9", "10.0.0.9", syns=4)
    assert look(capture) is None


def test_half_of_the_dropped_come_from_clients_that_were_accepted(capture: Capture) -> None:
    accepted(capture, 2)
    dropped(capture, "10.0.0.9", CLIENT)
    assert ways(look(capture)) == [[2, 3], [], [], []]


@pytest.mark.parametrize(("lucky", "unlucky", "seen"), [(5, 5, True), (4, 5, False), (5, 4, False)])
def test_no_filter_tells_very_many_clients_apart(capture: Capture, lucky: int, unlucky: int, seen: bool) -> None:
    for number in range(lucky):
        accepted(capture, 1, f"10.0.1.{number}")
    dropped(capture, *[f"10.0.2.{number}" for number in range(unlucky)], syns=3)
    assert (look(capture) is not None) is seen


# --- SYN-ACKs repeated -------------------------------------------------------------------------------------------------------------


def test_data_that_was_not_taken_makes_one_repetition_certain(capture: Capture) -> None:
    insisted(capture)
    found = look(capture)
    assert ways(found) == [[], [0], [], []] and found is not None and found.certain


def test_a_repeated_syn_ack_says_more_than_the_silence_behind_it(capture: Capture) -> None:
    """The connection shows both, and is told once."""
    talks = believing(capture, 1)
    accepted(capture, 1)
    unheeded(capture, talks)
    talks[0].server("SA", seq=500_000)
    assert ways(look(capture)) == [[], [0], [], []]


@pytest.mark.parametrize(("times", "seen"), [(1, False), (2, True)])
def test_beside_the_server_two_repetitions_are_certain(capture: Capture, times: int, seen: bool) -> None:
    repeated_at_server(capture, times)
    found = look(capture)
    assert (found is not None) is seen
    assert found is None or (found.certain and ways(found) == [[], [0], [], []])


@pytest.mark.parametrize(
    ("connections", "times", "seen"),
    [(1, 1, False), (2, 1, False), (3, 1, True), (1, 4, False), (2, 2, True)],
)
def test_bare_acks_seen_from_the_client_may_be_lost_by_chance(capture: Capture, connections: int, times: int, seen: bool) -> None:
    repeated(capture, connections, times)
    found = look(capture)
    assert (found is not None) is seen
    assert found is None or (not found.certain and ways(found) == [[], list(range(connections)), [], []])


@pytest.mark.parametrize(("others", "seen"), [(3, True), (4, False)])
def test_half_of_the_handshakes_meanwhile_must_show_it(capture: Capture, others: int, seen: bool) -> None:
    talks = [capture.talk(CLIENT, SERVER).open(rtt="20ms") for _ in range(2)]
    served(capture, others)
    capture.talk(CLIENT, SERVER).client("S").server("SA")  # no handshake: not counted
    talks.append(capture.talk(CLIENT, SERVER).open(rtt="20ms"))
    served(capture, 5)  # later than the last of them: not counted
    capture.wait("1s")
    for talk in talks:
        talk.server("SA", again=True).client("A")
    assert (look(capture) is not None) is seen


# --- data ignored ------------------------------------------------------------------------------------------------------------------


def test_data_ignored_while_nobody_is_served(capture: Capture) -> None:
    talks = believing(capture, 1)
    accepted(capture, 2)
    unheeded(capture, talks)
    found = look(capture)
    assert ways(found) == [[], [], [0], []]
    assert found is not None and (found.unserved, found.certain) == (2, False)


@pytest.mark.parametrize(("count", "seen"), [(1, False), (2, True)])
def test_two_must_be_ignored_where_others_are_served(capture: Capture, count: int, seen: bool) -> None:
    talks = believing(capture, count)
    served(capture, 1)
    unheeded(capture, talks)
    assert (look(capture) is not None) is seen


def test_a_listener_that_answers_nobody_may_be_gone(capture: Capture) -> None:
    unheeded(capture, believing(capture, 3))
    assert look(capture) is None


def test_a_host_that_is_not_heard_from_any_more_may_be_gone(capture: Capture) -> None:
    accepted(capture, 2)
    unheeded(capture, believing(capture, 1))
    served(capture, 1, server="10.0.0.3:8080")  # another host
    assert look(capture) is None


def test_handshakes_show_that_the_host_lives_only_where_data_follows_at_once(capture: Capture) -> None:
    """Clients that waited before they sent: the host may have gone in between."""
    talks = [capture.talk(CLIENT, SERVER).open() for _ in range(2)]
    accepted(capture, 1)
    capture.wait("5s")
    for talk in talks:
        talk.client("PA", data=18, dropped=True)
    unheeded(capture, talks)
    assert look(capture) is None
    accepted(capture, 1)  # it lives
    assert ways(look(capture)) == [[], [], [0, 1], []]


@pytest.mark.parametrize(("prompt", "seen"), [("90ms", True), ("110ms", False)])
def test_two_prompt_clients_date_the_silence_from_their_handshakes(capture: Capture, prompt: str, seen: bool) -> None:
    talks = [capture.talk(CLIENT, SERVER).open() for _ in range(2)]
    accepted(capture, 1)  # the host's last word
    capture.wait(prompt)
    for talk in talks:
        talk.client("PA", data=18, dropped=True)
    unheeded(capture, talks)
    assert (look(capture) is not None) is seen


# --- aborted -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "seen"), [(1, False), (2, True)])
def test_two_resets_are_needed_where_all_others_are_served(capture: Capture, count: int, seen: bool) -> None:
    served(capture, 2)
    aborted(capture, count)
    found = look(capture)
    assert (found is not None) is seen
    assert found is None or (ways(found) == [[], [], [], [2, 3]] and not found.certain)


def test_one_reset_is_enough_beside_connections_that_nobody_serves(capture: Capture) -> None:
    accepted(capture, 1)
    aborted(capture, 1)
    assert ways(look(capture)) == [[], [], [], [1]]


def test_a_listener_that_resets_everybody_is_not_full(capture: Capture) -> None:
    aborted(capture, 4)
    assert look(capture) is None


# --- several ways ------------------------------------------------------------------------------------------------------------------


def test_resets_explain_the_silence_that_others_met(capture: Capture) -> None:
    accepted(capture, 2)
    aborted(capture, 2)
    unheeded(capture, believing(capture, 1))  # by itself nothing: the host is not heard from any more
    found = look(capture)
    assert ways(found) == [[], [], [4], [2, 3]] and found is not None and found.certain


def test_what_is_proven_explains_the_rest(capture: Capture) -> None:
    """One SYN dropped, one reset and one silence beside served connections: each by itself says nothing."""
    served(capture, 1)
    insisted(capture)
    aborted(capture, 1)
    talks = believing(capture, 1)
    dropped(capture, CLIENT)
    unheeded(capture, talks)
    found = look(capture)
    assert ways(found) == [[4], [1], [3], [2]]
    assert found is not None and (found.ways, found.rows.tolist(), found.certain) == (4, [1, 2, 3, 4], True)


def test_two_ways_leave_no_other_explanation(capture: Capture) -> None:
    accepted(capture, 1)
    aborted(capture, 1)
    dropped(capture, CLIENT)
    found = look(capture)
    assert ways(found) == [[2], [], [], [1]] and found is not None and found.certain


def test_other_listeners_are_left_aside(capture: Capture) -> None:
    accepted(capture, 1)
    dropped(capture, CLIENT, CLIENT, server="10.0.0.2:81")
    dropped(capture, CLIENT, CLIENT)
    assert ways(look(capture)) == [[3, 4], [], [], []]


def test_a_healthy_listener_shows_no_picture(capture: Capture) -> None:
    served(capture, 3)
    accepted(capture, 2)
    assert look(capture) is None
