"""How connections ended that no table held."""

from __future__ import annotations

import pytest

from estab.diagnose.between import Between, Ending
from estab.flow import Endpoint
from estab.machine.states import State
from estab.snapshot import Owner
from tests.unit.diagnose import ended
from tests.unit.diagnose.ended import CALLER, THERE, facts, socket


def between(*sockets: object, **more: object) -> Between:
    made = facts(list(sockets), **more).between  # type: ignore[arg-type]
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("told", "how"),
    [
        (socket(ended.REFUSED, 40_000, 82), Ending.REFUSED),
        (socket(ended.UNANSWERED, 40_000, 82), Ending.UNANSWERED),
        (socket(ended.UNANSWERED, 40_000, 82, state=State.SYN_SENT), Ending.UNANSWERED),  # an earlier table knew it
        (socket(ended.CLOSED_FIRST, 40_000, 80), Ending.IN_ORDER),
        (socket(ended.CLOSED_LATER, 80, 40_000), Ending.IN_ORDER),
        (socket(ended.RESET, 40_000, 80), Ending.CUT),
        (socket(ended.UNREAD, 80, 40_000), Ending.CUT),
        (socket(ended.NOT_SENT_WITH_REPETITIONS, 40_000, 80), Ending.CUT),
        (ended.ABORTED, Ending.ABORTED),
        (socket(ended.BLOCKING, 40_000, 0, here="0.0.0.0"), Ending.FAILED),
        (socket({"last_ack_recv_ms": 4}, 40_000, 0, here="0.0.0.0"), Ending.ABORTED),
        (socket({}, 40_000, 82, state=State.SYN_SENT), Ending.FAILED),
        (socket({}, 80, 40_000, state=State.ESTABLISHED), Ending.ABORTED),  # of which an earlier table had kept both ends
    ],
)
def test_how_one_ended(told: object, how: Ending) -> None:
    assert between(told).how.tolist() == [how]


def test_a_listener_is_no_connection_and_its_connections_are_still_inbound() -> None:
    made = between(ended.listener(81), ended.listener(82, state=State.CLOSED), socket(ended.CLOSED_LATER, 82, 40_000))
    assert made.count == 1 and made.inbound.tolist() == [True]


def test_what_no_table_held() -> None:
    known = socket(ended.CLOSED_FIRST, 40_000, 80, cookie=5)
    made = between(known, socket(ended.CLOSED_FIRST, 40_001, 80), before=(known,))
    assert made.in_no_table.tolist() == [False, True]


def test_places_with_the_most_first_and_who_connected_there() -> None:
    busy, other = Owner(pid=9, command="busy"), Endpoint(THERE, 80)
    sockets = [socket(ended.CLOSED_FIRST, 40_000 + number, 80) for number in range(3)]
    made = between(socket(ended.CLOSED_LATER, 80, 41_000), *sockets, socket(ended.RESET, 40_009, 80), openers={other: {CALLER: 1, busy: 3}})
    places = made.places()
    assert [(str(place.group), place.counts) for place in places] == [
        (f"{THERE}:80", {Ending.IN_ORDER: 3, Ending.CUT: 1}),
        ("10.9.1.2:80", {Ending.IN_ORDER: 1}),
    ]
    assert places[0].openers == ((busy, 3), (CALLER, 1)) and places[1].openers == ()
    assert [place.counts for place in made.places(made.mask(Ending.CUT))] == [{Ending.CUT: 1}]


def test_where_nobody_listened_nothing_is_known() -> None:
    assert facts([], deaf="no").between is None
