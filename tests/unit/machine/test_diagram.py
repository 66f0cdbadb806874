from __future__ import annotations

import itertools
from xml.etree import ElementTree

import pytest

from estab.machine import diagram
from estab.machine.states import State
from estab.machine.stimuli import Stimulus
from estab.machine.table import ROWS

Area = tuple[float, float, float, float]
"""Left, top, right, bottom."""

ARROWS = list(diagram.ROUTES)


def named(place: tuple[State, State]) -> str:
    return f"{place[0].label} to {place[1].label}"


def box_of(state: State) -> Area:
    x, y, _ = diagram.BOXES[state]
    return x - diagram.BOX_WIDTH / 2, y - diagram.BOX_HEIGHT / 2, x + diagram.BOX_WIDTH / 2, y + diagram.BOX_HEIGHT / 2


def legs_of(place: tuple[State, State]) -> list[Area]:
    corners = diagram.ROUTES[place].corners
    return [(min(a, c), min(b, d), max(a, c), max(b, d)) for (a, b), (c, d) in itertools.pairwise(corners)]


def label_area(place: tuple[State, State]) -> Area:
    """About the room that a label takes: 7 pixels a letter, 14 above the base line, 16 for a second line."""
    route, lines = diagram.ROUTES[place], [line for line in diagram.label_of(diagram.drawn_edges()[place]) if line]
    width = 7 * max(map(len, lines))
    left = route.label[0] - {"start": 0, "middle": width / 2, "end": width}[route.anchor]
    return left, route.label[1] - 12, left + width, route.label[1] + 2 + 16 * (len(lines) - 1)


def overlap(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_arrows_are_the_changes_of_state_of_the_rows() -> None:
    told = (Stimulus.RST, Stimulus.ABORT, Stimulus.USER_TIMEOUT)
    wanted = {
        (row.state, row.next) for row in ROWS if row.state is not row.next and not (row.next is State.CLOSED and row.stimulus in told)
    }
    assert set(diagram.drawn_edges()) == set(diagram.ROUTES) == wanted
    assert set(diagram.BOXES) == set(State)


@pytest.mark.parametrize("place", ARROWS, ids=named)
def test_arrow_leaves_its_box_and_ends_at_the_other(place: tuple[State, State]) -> None:
    corners = diagram.ROUTES[place].corners
    for (x, y), state in ((corners[0], place[0]), (corners[-1], place[1])):
        left, top, right, bottom = box_of(state)
        assert (x in (left, right) and top < y < bottom) or (y in (top, bottom) and left < x < right)
    assert all(a == c or b == d for (a, b), (c, d) in itertools.pairwise(corners)), "a leg runs aslant"


@pytest.mark.parametrize("place", ARROWS, ids=named)
def test_arrow_runs_through_no_box_and_along_no_other_arrow(place: tuple[State, State]) -> None:
    for leg in legs_of(place):
        assert [state for state in State if overlap(leg, box_of(state))] == []
        for other in ARROWS:
            if other != place:
                for line in legs_of(other):
                    same_way = (leg[0] == leg[2]) == (line[0] == line[2])
                    wide = (leg[0] - 9, leg[1] - 9, leg[2] + 9, leg[3] + 9)
                    assert not (same_way and overlap(wide, line)), named(other)


@pytest.mark.parametrize("place", ARROWS, ids=named)
def test_label_stands_free(place: tuple[State, State]) -> None:
    area = label_area(place)
    assert [state.label for state in State if overlap(area, box_of(state))] == []
    assert [named(other) for other in ARROWS for leg in legs_of(other) if overlap(area, leg)] == []
    assert [named(other) for other in ARROWS if other != place and overlap(area, label_area(other))] == []
    assert area[0] > 0 and area[2] < diagram.WIDTH


@pytest.mark.parametrize(
    ("place", "label"),
    [
        ((State.SYN_SENT, State.ESTABLISHED), ("rcv SYN,ACK", "snd ACK")),
        ((State.SYN_RECEIVED, State.LISTEN), ("rcv RST or SYN (came from LISTEN)", "")),
        ((State.LISTEN, State.SYN_SENT), ("active OPEN or SEND", "snd SYN")),
        ((State.TIME_WAIT, State.CLOSED), ("TIME-WAIT TIMEOUT", "")),
    ],
    ids=lambda value: named(value) if isinstance(value[0], State) else "",
)
def test_labels(place: tuple[State, State], label: tuple[str, str]) -> None:
    assert diagram.label_of(diagram.drawn_edges()[place]) == label


def test_the_drawing_holds_every_state_and_arrow_and_tells_the_other_ways_to_closed() -> None:
    root = ElementTree.fromstring(diagram.draw())
    texts = ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert [state.label for state in State if state.label not in texts] == []
    groups = [group.get("class", "") for group in root.iter("{http://www.w3.org/2000/svg}g")]
    assert len([group for group in groups if group.startswith("arrow")]) == len(ARROWS) + 3  # and the legend
    assert texts[-1] == (
        "To CLOSED also: RST from all but CLOSED and LISTEN, ABORT from all but CLOSED, USER TIMEOUT from all but CLOSED and TIME-WAIT"
    )
