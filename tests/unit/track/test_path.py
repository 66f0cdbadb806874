"""From sets over time to the way that an endpoint took through the machine."""

from __future__ import annotations

import pytest

from estab.machine.states import State, mask
from estab.track.path import bridge, narrate, resolve, single

CL, LI, SS, SR, ES, F1, F2, CW, CG, LA, TW = (mask(state) for state in State)


@pytest.mark.parametrize(
    ("sets", "path"),
    [
        ([CL, SS, SS | ES, ES], ["CLOSED", "SYN-SENT", "ESTABLISHED"]),
        ([CL | LI, CL | LI | SR, SR, SR | ES, ES], ["LISTEN", "SYN-RECEIVED", "ESTABLISHED"]),
        ([ES, F1, F1 | F2, F2, F2 | TW, TW], ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"]),
        ([ES, ES | CW, CW, LA, LA | CL], ["ESTABLISHED", "CLOSE-WAIT", "LAST-ACK|CLOSED"]),
        ([ES, ES | CW, CW, LA, LA | CL, CL], ["ESTABLISHED", "CLOSE-WAIT", "LAST-ACK", "CLOSED"]),
        ([], []),
        ([ES], ["ESTABLISHED"]),
        ([ES, ES, ES], ["ESTABLISHED"]),
    ],
)
def test_sets_are_narrowed_by_what_came_later(sets: list[int], path: list[str]) -> None:
    assert narrate(sets, crossing=False) == path


def test_crossing_fins_lead_through_closing() -> None:
    """RFC 9293 §3.6, figure 13."""
    assert narrate([ES, F1, F1 | F2 | CG | TW, TW], crossing=True) == ["ESTABLISHED", "FIN-WAIT-1", "CLOSING", "TIME-WAIT"]


@pytest.mark.parametrize(
    ("before", "after", "between"),
    [
        (F1, TW, [State.FIN_WAIT_2]),  # figure 5, note 2: ACK of FIN and FIN in one segment
        (SR, CW, [State.ESTABLISHED]),
        (ES, CW, []),
        (SS, ES, []),
        (ES, TW, []),  # no single state lies between
        (CW, CL, []),  # the user timeout, or a RST
    ],
)
def test_states_in_between(before: int, after: int, between: list[State]) -> None:
    assert bridge(before, after, crossing=False) == between


def test_what_the_wire_never_settled_stays_a_set() -> None:
    assert narrate([CL, SS, SS | ES], crossing=False) == ["CLOSED", "SYN-SENT|ESTABLISHED"]


def test_a_set_that_only_says_before_or_after_is_dropped() -> None:
    assert resolve([ES, ES | CW, CW]) == [ES, CW]
    assert resolve([ES, ES | CW]) == [ES | CW]


@pytest.mark.parametrize(("states", "alone"), [(0, False), (CL, True), (TW, True), (CL | TW, False)])
def test_one_state(states: int, alone: bool) -> None:
    assert single(states) is alone
