"""Which connections are suspected of a full accept queue, and at which listeners one looks closer."""

from __future__ import annotations

import numpy as np
import pytest

from estab.diagnose.evidence.accept_queue import suspect, worth_a_look
from tests.rules.conversation import Capture
from tests.rules.listeners import (
    CLIENT,
    SERVER,
    aborted,
    accepted,
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


# --- suspicions --------------------------------------------------------------------------------------------------------------------


def one_of_each(capture: Capture) -> None:
    served(capture, 1)
    insisted(capture)
    aborted(capture, 1)
    talks = believing(capture, 1)
    dropped(capture, CLIENT)
    unheeded(capture, talks)
    accepted(capture, 1)
    capture.talk(CLIENT, SERVER).client("PA", data=10).server("A")


def test_each_connection_is_suspected_of_its_own(capture: Capture) -> None:
    one_of_each(capture)
    facts = capture.facts()
    found = suspect(facts, np.ones(facts.count, bool))
    rows = {name: np.flatnonzero(getattr(found, name)).tolist() for name in ("dropped", "repeated", "insisted", "ignored", "aborted")}
    assert rows == {"dropped": [4], "repeated": [1], "insisted": [1], "ignored": [3], "aborted": [2]}
    assert np.flatnonzero(found.any).tolist() == [1, 2, 3, 4]
    assert np.flatnonzero(found.held).tolist() == [0, 5]
    assert np.flatnonzero(found.confirmed).tolist() == [0, 1, 2, 3, 5] and np.flatnonzero(found.served).tolist() == [0]
    assert (found.attempts, found.dropped_anywhere) == (6, 1)


def test_what_a_stronger_cause_explains_is_not_suspected(capture: Capture) -> None:
    one_of_each(capture)
    facts = capture.facts()
    found = suspect(facts, np.zeros(facts.count, bool))
    assert not found.any.any() and not found.insisted.any() and found.dropped_anywhere == 0
    assert np.flatnonzero(found.held).tolist() == [0, 1, 2, 3, 5] and found.attempts == 6


def test_where_it_was_captured_is_part_of_the_suspicion(capture: Capture) -> None:
    capture.talk(CLIENT, SERVER).client("S").server("SA").wait("40ms").client("A")
    capture.talk(CLIENT, SERVER).open(rtt="40ms")
    facts = capture.facts()
    assert suspect(facts, np.ones(2, bool)).at_server.tolist() == [True, False]


# --- places that are worth a look --------------------------------------------------------------------------------------------------


def worth(capture: Capture) -> list[bool]:
    facts = capture.facts()
    suspicions = suspect(facts, np.ones(facts.count, bool))
    found: list[bool] = worth_a_look(facts.group_by_server(suspicions.any), suspicions).tolist()
    return found


@pytest.mark.parametrize(("count", "look_there"), [(4, False), (5, True)])
def test_a_listener_that_serves_and_drops(capture: Capture, count: int, look_there: bool) -> None:
    served(capture, 1)
    dropped(capture, *[CLIENT] * count)
    assert worth(capture) == [look_there]


def test_a_listener_that_serves_nobody_and_drops_one(capture: Capture) -> None:
    accepted(capture, 1)
    dropped(capture, CLIENT)
    assert worth(capture) == [True]


def test_a_listener_that_is_never_heard(capture: Capture) -> None:
    dropped(capture, *[CLIENT] * 9)
    assert worth(capture) == [False]


@pytest.mark.parametrize(("connections", "look_there"), [(1, False), (2, True)])
def test_a_listener_that_repeats_syn_acks(capture: Capture, connections: int, look_there: bool) -> None:
    repeated(capture, connections)
    assert worth(capture) == [look_there]


def test_one_repetition_with_data_before_it(capture: Capture) -> None:
    insisted(capture)
    assert worth(capture) == [True]


def test_one_repetition_beside_the_server(capture: Capture) -> None:
    repeated_at_server(capture, 1)
    assert worth(capture) == [True]


@pytest.mark.parametrize("others", [0, 1])
def test_resets_where_others_came_about(capture: Capture, others: int) -> None:
    served(capture, others)
    aborted(capture, 1)
    assert worth(capture) == [others > 0]


@pytest.mark.parametrize("others", [0, 1])
def test_silence_where_others_came_about(capture: Capture, others: int) -> None:
    served(capture, others)
    unheeded(capture, believing(capture, 1))
    assert worth(capture) == [others > 0]


def test_each_place_is_judged_by_its_own_connections(capture: Capture) -> None:
    accepted(capture, 1)
    dropped(capture, CLIENT, CLIENT, server="10.0.0.2:81")
    dropped(capture, CLIENT)
    served(capture, 3)
    served(capture, 1, server="10.0.0.2:82")
    dropped(capture, *[CLIENT] * 5, server="10.0.0.2:82")
    assert worth(capture) == [False, False, True]


def test_without_suspicions_there_is_no_place_to_look_at(capture: Capture) -> None:
    served(capture, 2)
    assert worth(capture) == []
