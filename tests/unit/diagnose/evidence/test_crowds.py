"""Numbers that many connections share."""

from __future__ import annotations

import numpy as np

from estab.diagnose.evidence.crowds import crowded, pair_numbers
from tests.rules.conversation import Capture

ALL, NONE = np.ones(6, bool), np.zeros(6, bool)


def test_a_crowd_begins_at_the_least_number() -> None:
    numbers = np.array([7, 2, 7, 2, 7, 0])
    assert crowded(numbers, ALL, 3).tolist() == [True, False, True, False, True, False]
    assert crowded(numbers, ALL, 2).tolist() == [True, True, True, True, True, False]
    assert crowded(numbers, ALL, 4).tolist() == [False] * 6


def test_only_masked_connections_count_and_belong() -> None:
    numbers = np.array([1, 1, 1, 1, 2, 2])
    mask = np.array([True, True, False, False, True, False])
    assert crowded(numbers, mask, 2).tolist() == [True, True, False, False, False, False]
    assert crowded(numbers, mask, 3).tolist() == [False] * 6


def test_nobody_is_no_crowd() -> None:
    assert crowded(np.array([1, 1, 1, 1, 1, 1]), NONE, 0).tolist() == [False] * 6
    assert crowded(np.zeros(0, np.int64), np.zeros(0, bool), 1).tolist() == []


def test_the_largest_number_may_be_outside_the_mask() -> None:
    assert crowded(np.array([1, 1, 9]), np.array([True, True, False]), 2).tolist() == [True, True, False]


def test_a_pair_is_a_client_address_and_a_listener() -> None:
    capture = Capture()
    for client, server in (
        ("10.0.0.1", "10.0.0.2:80"),
        ("10.0.0.1", "10.0.0.2:80"),  # from another port
        ("10.0.0.1", "10.0.0.2:81"),
        ("10.0.0.3", "10.0.0.2:80"),
        ("10.0.0.1", "10.0.0.4:80"),
        ("10.0.0.3", "10.0.0.2:80"),
    ):
        capture.talk(client, server).open()
    one, again, other_port, other_client, other_host, other_client_again = pair_numbers(capture.facts()).tolist()
    assert one == again and other_client == other_client_again
    assert sorted({one, other_port, other_client, other_host}) == [0, 1, 2, 3]


def test_pairs_of_many_clients_and_listeners_are_told_apart() -> None:
    capture = Capture()
    for client in range(5):
        for port in range(5):
            capture.talk(f"10.0.0.{10 + client}", f"10.0.0.2:{80 + port}").client("S")
    assert sorted(pair_numbers(capture.facts()).tolist()) == list(range(25))


def test_no_connections_make_no_pairs() -> None:
    assert pair_numbers(Capture().facts()).tolist() == []
