"""Rows of the live table, their order and rates."""

from __future__ import annotations

import numpy as np
import pytest

from estab.instant import SECOND_NS
from estab.snapshot_table import socket_table
from estab.tui.table_rows import SortKey, find_by_cookie, ordered, rates_between, silent_ms
from tests.unit.tui.readings import connection, reading

BEFORE, AFTER = reading(0).sockets, reading(2, growth=3).sockets
RATES = rates_between(BEFORE, AFTER, 2 * SECOND_NS)


def test_rates_are_of_the_same_socket() -> None:
    turned = rates_between(BEFORE[::-1].copy(), AFTER, 2 * SECOND_NS)
    assert RATES.acked.tolist() == turned.acked.tolist() == [1_000_000.0, 0.0, 5_000.0, 0.0]
    assert RATES.received.tolist() == [0.0, 0.0, 100.0, 0.0]


def test_a_new_socket_has_no_rate_yet() -> None:
    after = socket_table([connection(50, acked=10**9)])
    assert rates_between(BEFORE, after, SECOND_NS).acked.tolist() == [0.0]


def test_a_reading_without_time_between_has_no_rates() -> None:
    assert rates_between(BEFORE, AFTER, 0).acked.tolist() == rates_between(None, AFTER, SECOND_NS).acked.tolist() == [0.0] * 4


@pytest.mark.parametrize(
    ("key", "cookies"),
    [
        (SortKey.RATE_OUT, [1, 3, 9, 2]),
        (SortKey.RATE_IN, [3, 9, 1, 2]),
        (SortKey.RECV_QUEUE, [9, 2, 1, 3]),
        (SortKey.RETRANSMITS, [3, 2, 9, 1]),
        (SortKey.RTT, [3, 2, 1, 9]),
        (SortKey.STATE, [9, 1, 3, 2]),
        (SortKey.REMOTE, [9, 1, 2, 3]),
        (SortKey.LOCAL, [9, 1, 2, 3]),
    ],
)
def test_orders(key: SortKey, cookies: list[int]) -> None:
    rows = ordered(AFTER, np.arange(len(AFTER)), key, RATES, most=10)
    assert AFTER["cookie"][rows].tolist() == cookies


def test_equal_sockets_stand_still() -> None:
    shuffled = AFTER[[2, 0, 3, 1]]
    for key in SortKey:
        one, other = (
            table["cookie"][ordered(table, np.arange(4), key, rates_between(None, table, 1), most=10)].tolist()
            for table in (AFTER, shuffled)
        )
        assert one == other


def test_only_the_first_rows_are_taken() -> None:
    assert len(ordered(AFTER, np.arange(len(AFTER)), SortKey.RTT, RATES, most=2)) == 2


def test_silence_is_the_shorter_of_data_and_acknowledgment() -> None:
    assert silent_ms(AFTER).tolist() == [2020, 2020, 2020, 0]


def test_a_socket_is_found_by_its_cookie() -> None:
    assert (find_by_cookie(AFTER, 3), find_by_cookie(AFTER, 77), find_by_cookie(AFTER, 0)) == (2, None, None)
