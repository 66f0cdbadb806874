"""The account of all sockets' memory."""

from __future__ import annotations

from estab.engine.counters import Counters
from estab.engine.memory import TcpMemory, pages_of
from estab.knobs.declare import Profile
from estab.knobs.values import profile_values

KNOBS = profile_values(Profile.LINUX).but(tcp_mem=(10, 20, 30))


def test_pressure_begins_above_the_second_value_and_ends_at_the_first() -> None:
    counters = Counters()
    memory = TcpMemory(KNOBS, counters)
    seen = []
    for pages, now_ns in ((20, 0), (1, 1_000_000), (-10, 2_000_000), (-1, 6_000_000)):
        memory.charge(pages, now_ns)
        seen.append(memory.is_under_pressure)
    assert seen == [False, True, True, False]
    assert counters == {"TcpExt.TCPMemoryPressures": 1, "TcpExt.TCPMemoryPressuresChrono": 5}


def test_above_the_third_value_nothing_more_is_queued() -> None:
    memory = TcpMemory(KNOBS, Counters())
    seen = []
    for pages in (30, 1):
        memory.charge(pages, 0)
        seen.append(memory.is_exhausted)
    assert seen == [False, True]


def test_an_empty_socket_holds_no_page_and_a_byte_holds_one() -> None:
    assert [pages_of(size) for size in (0, 1, 3840, 3841)] == [0, 1, 1, 2]
