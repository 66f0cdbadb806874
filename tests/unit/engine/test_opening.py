from __future__ import annotations

import dataclasses

import pytest

from estab.engine.opening import patience_ns, syn_data_room, wait_ns
from estab.engine.options import Settings
from estab.instant import SECOND_NS
from estab.machine.states import State
from tests.unit.engine.configs import LINUX, config


def test_the_waits_of_a_syn() -> None:
    waits = [wait_ns(LINUX, State.SYN_SENT, number) // SECOND_NS for number in range(14)]
    assert waits == [1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 64, 120, 120, 120]
    assert [wait_ns(LINUX.but(tcp_syn_linear_timeouts=0), State.SYN_SENT, number) // SECOND_NS for number in range(4)] == [1, 2, 4, 8]
    assert [wait_ns(LINUX, State.SYN_RECEIVED, number) // SECOND_NS for number in range(4)] == [1, 2, 4, 8]


@pytest.mark.parametrize(("retries", "seconds"), [(0, 1), (1, 3), (2, 7), (3, 15), (6, 127), (7, 247)])
def test_how_long_a_syn_is_tried_at_least(retries: int, seconds: int) -> None:
    assert patience_ns(LINUX, retries) == seconds * SECOND_NS


def test_data_of_a_syn_leaves_room_for_options() -> None:
    assert syn_data_room(config()) == 1420
    assert [syn_data_room(dataclasses.replace(config(), fast_open_mss_bytes=known)) for known in (940, 9000)] == [900, 1420]
    assert syn_data_room(config(settings=Settings(maxseg_bytes=1040))) == 1000
