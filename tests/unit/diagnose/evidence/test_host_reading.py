from __future__ import annotations

from typing import Any

import pytest

from estab.diagnose.evidence.host_reading import full_buffers, unread
from tests.host_rules.snapshots import Case, accepted, facts_of


def host(before: dict[str, Any], after: dict[str, Any]):  # type: ignore[no-untyped-def]
    return facts_of(Case(code="a.b", name="x", severity=None, before=[accepted(0, **before)], after=[accepted(0, **after)]))


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ({"recv_queue": 50}, {"recv_queue": 50}, True),
        ({"recv_queue": 50}, {"recv_queue": 90, "bytes_received": 1_040}, True),  # forty came, none was read
        ({"recv_queue": 50}, {"recv_queue": 50, "bytes_received": 1_040}, False),  # forty came and forty were read
        ({"recv_queue": 0}, {"recv_queue": 50, "bytes_received": 1_050}, False),  # not there before
        ({"recv_queue": 50, "inode": 0}, {"recv_queue": 50, "inode": 0}, False),  # not accepted yet
    ],
)
def test_what_came_less_the_growth_of_the_queue_was_read(before: dict[str, int], after: dict[str, int], left: bool) -> None:
    assert unread(host(before, after)).tolist() == [left]


def test_a_buffer_is_full_near_its_size_or_with_a_closed_window() -> None:
    assert full_buffers(host({"recv_queue": 9_000}, {"recv_queue": 9_000, "rmem_alloc_bytes": 120_000})).tolist() == [True]
    assert full_buffers(host({"recv_queue": 9_000}, {"recv_queue": 9_000, "rcv_wnd_bytes": 0})).tolist() == [True]
    assert full_buffers(host({"recv_queue": 9_000}, {"recv_queue": 9_000, "rmem_alloc_bytes": 20_000})).tolist() == [False]
