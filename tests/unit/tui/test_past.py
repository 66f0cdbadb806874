"""The last minutes as bars."""

from __future__ import annotations

import pytest

from estab.snapshot import HostSnapshot
from estab.tui.past import Past, bars
from tests.unit.tui.readings import reading


@pytest.mark.parametrize(
    ("numbers", "shown"), [([0, 1, 4, 8], "▁▂▅█"), ([], ""), ([0, 0], "▁▁"), ([5, 5], "██"), ([1] * 9 + [1000], "▁▁▁█")]
)
def test_bars(numbers: list[int], shown: str) -> None:
    assert bars(numbers, 4) == shown


def test_states_over_time() -> None:
    past = Past(kept=3)
    for second in range(5):
        past.take(reading(second))
    assert {state: list(series) for state, series in past.states.items()} == {
        "LISTEN": [1, 1, 1],
        "ESTABLISHED": [2, 2, 2],
        "CLOSE-WAIT": [1, 1, 1],
    }


def test_a_state_that_comes_later_began_with_none() -> None:
    past = Past()
    past.take(HostSnapshot(taken_ns=1, sockets=reading(0).sockets[:1]))
    past.take(reading(1))
    assert list(past.states["CLOSE-WAIT"]) == [0, 1]


def test_rates_of_counters() -> None:
    past = Past()
    past.take(reading(0))
    assert past.rates["Tcp.ActiveOpens"] == 0
    past.take(reading(2))
    assert (past.rates["Tcp.ActiveOpens"], past.rates["Tcp.RetransSegs"], past.rates["Tcp.OutRsts"]) == (5, 3, 0)
