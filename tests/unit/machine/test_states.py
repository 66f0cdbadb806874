from __future__ import annotations

import pytest

from estab.machine import states
from estab.machine.states import ALL, State, mask, members, spell


def test_values_are_fixed_because_files_and_kernels_hold_them() -> None:
    names = "CLOSED LISTEN SYN_SENT SYN_RECEIVED ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT"
    assert [(state.name, state.value) for state in State] == [(name, value) for value, name in enumerate(names.split())]


@pytest.mark.parametrize(
    ("state", "label"), [(State.SYN_RECEIVED, "SYN-RECEIVED"), (State.FIN_WAIT_1, "FIN-WAIT-1"), (State.CLOSED, "CLOSED")]
)
def test_labels_are_spelled_as_in_the_rfc(state: State, label: str) -> None:
    assert state.label == label


def test_a_set_and_its_members() -> None:
    assert mask() == 0 and members(0) == ()
    assert mask(State.CLOSED) == 1 and mask(State.TIME_WAIT) == 1024
    assert mask(State.LISTEN, State.LISTEN) == 2
    assert ALL == 2047 and members(ALL) == tuple(State)
    assert members(1 << 11) == ()


@pytest.mark.parametrize(
    ("group", "spelled"),
    [
        (0, ""),
        (mask(State.FIN_WAIT_2, State.FIN_WAIT_1), "FIN-WAIT-1|FIN-WAIT-2"),
        (states.NON_SYNCHRONIZED, "LISTEN|SYN-SENT|SYN-RECEIVED"),
        (states.SYNCHRONIZED, "ESTABLISHED|FIN-WAIT-1|FIN-WAIT-2|CLOSE-WAIT|CLOSING|LAST-ACK|TIME-WAIT"),
        (states.SYNCHRONIZED_OPEN, "ESTABLISHED|CLOSE-WAIT"),
        (states.RECEIVING, "ESTABLISHED|FIN-WAIT-1|FIN-WAIT-2"),
        (states.FIN_SENT, "FIN-WAIT-1|FIN-WAIT-2|CLOSING|LAST-ACK|TIME-WAIT"),
        (states.FIN_RECEIVED, "CLOSE-WAIT|CLOSING|LAST-ACK|TIME-WAIT"),
        (
            ALL,
            "LISTEN|SYN-SENT|SYN-RECEIVED|ESTABLISHED|FIN-WAIT-1|FIN-WAIT-2|CLOSE-WAIT|CLOSING|LAST-ACK|TIME-WAIT|CLOSED",
        ),
    ],
)
def test_groups_and_their_spelling(group: int, spelled: str) -> None:
    assert spell(group) == spelled
