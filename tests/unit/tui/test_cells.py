"""Cells of the live table, and the facts about one socket."""

from __future__ import annotations

import pytest

from estab.machine.states import State
from estab.snapshot_table import socket_row
from estab.text import Translator
from estab.tui.cells import HEADS, cells_of, facts_of, said, short_bytes
from estab.tui.table_rows import rates_between
from tests.unit.tui.readings import NGINX, connection, reading

TABLE = reading(0).sockets


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (999, "999"), (1000, "1.0K"), (1536, "1.5K"), (10_240, "10K"), (250_000_000, "238M"), (5e18, "4547474T")],
)
def test_bytes_are_short(number: float, shown: str) -> None:
    assert short_bytes(number) == shown


def test_a_connection() -> None:
    cells = cells_of(TABLE, 1, rates_between(None, TABLE, 1), (NGINX,))
    assert cells == ("CLOSE-WAIT", "10.0.0.1:80", "10.0.0.9:40002", "1", "0", "2.4 ms", "1", "0", "0", "2.02 s", "nginx[77]")
    assert len(cells) == len(HEADS)


def test_a_listener_has_no_far_end_and_no_times() -> None:
    cells = cells_of(TABLE, 3, rates_between(None, TABLE, 1), ())
    assert cells == ("LISTEN", "0.0.0.0:80", "", "129", "128", "", "", "", "", "", "")


def facts(number: int) -> dict[str, str]:
    return dict(said(fact, Translator("en")) for fact in facts_of(socket_row(TABLE, number)))


def test_what_is_told_of_a_connection() -> None:
    told = facts(0)
    assert told["round trip"] == "1.2 ms ± 300 µs, least 900 µs"
    assert told["timer"] == "keepalive, in 41 s, 0 tries so far"
    assert told["held up, of 2 s busy"] == "75 % by the far end's window, 0 % by the send buffer"
    assert told["packets dropped"] == "3" and told["held by"] == "no process that can be seen"


def test_what_is_told_of_a_listener() -> None:
    told = facts(3)
    assert told["accept queue"] == "129 wait for accept(), the limit is 128"
    assert "round trip" not in told and "far end" not in told


@pytest.mark.parametrize("state", [State.TIME_WAIT, State.SYN_RECEIVED])
def test_a_socket_without_tcp_info(state: State) -> None:
    import dataclasses

    bare = dataclasses.replace(connection(1, state), info=None, memory=None)
    assert {said(fact, Translator("en"))[0] for fact in facts_of(bare)} >= {"state", "timer"}
