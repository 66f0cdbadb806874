from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estab.engine.reassembly import RANGE_OVERHEAD_BYTES, Reassembly

ROOM = 1 << 20
TEXT = bytes(range(200))


def holding(*ranges: tuple[int, int]) -> Reassembly:
    waiting = Reassembly()
    for start, end in ranges:
        assert waiting.add(start, TEXT[start:end], ROOM) is None
    return waiting


def test_ranges_are_sorted_and_joined_where_they_touch() -> None:
    waiting = holding((50, 60), (10, 20), (30, 40), (20, 30))
    assert waiting.ranges() == [(10, 40), (50, 60)] and len(waiting) == 2 and waiting.stored_bytes == 40


@pytest.mark.parametrize(
    ("start", "end", "repeated", "ranges"),
    [
        (12, 15, (12, 15), [(10, 20), (30, 40)]),  # inside
        (5, 45, (10, 20), [(5, 45)]),  # around everything: the first repetition is told
        (15, 35, (15, 20), [(10, 40)]),  # a bridge
        (20, 30, None, [(10, 40)]),  # exactly the hole
        (22, 25, None, [(10, 20), (22, 25), (30, 40)]),  # inside the hole
        (0, 10, None, [(0, 20), (30, 40)]),
        (40, 41, None, [(10, 20), (30, 41)]),
    ],
)
def test_overlaps(start: int, end: int, repeated: tuple[int, int] | None, ranges: list[tuple[int, int]]) -> None:
    waiting = holding((10, 20), (30, 40))
    assert waiting.add(start, TEXT[start:end], ROOM) == repeated
    assert waiting.ranges() == ranges


def test_what_was_taken_is_never_changed() -> None:
    waiting = holding((10, 20))
    waiting.add(5, b"!" * 30, ROOM)
    assert bytes(waiting.take(5)) == b"!" * 5 + TEXT[10:20] + b"!" * 15


def test_take_gives_what_has_come_to_its_turn() -> None:
    waiting = holding((10, 20), (30, 40))
    assert waiting.take(9) == b"" and bytes(waiting.take(12)) == TEXT[12:20]
    assert waiting.take(45) == b"" and len(waiting) == 0 and waiting.stored_bytes == 0


def test_range_at() -> None:
    waiting = holding((10, 20), (30, 40))
    assert [waiting.range_at(position) for position in (9, 10, 19, 20, 35)] == [None, (10, 20), (10, 20), None, (30, 40)]


def test_the_highest_ranges_go_when_the_bound_is_reached() -> None:
    bound = 3 * RANGE_OVERHEAD_BYTES
    waiting = Reassembly()
    for start in range(0, 400, 2):
        waiting.add(start, b"x", bound)
        assert waiting.cost_bytes <= bound
    assert waiting.ranges() == [(0, 1), (2, 3)]
    waiting.add(1, bytes(10_000), bound)
    assert waiting.cost_bytes == bound and waiting.ranges()[0][0] == 0


@given(st.lists(st.tuples(st.integers(0, 150), st.integers(1, 50)), max_size=25))
def test_like_a_map_of_bytes(segments: list[tuple[int, int]]) -> None:
    waiting, known = Reassembly(), set[int]()
    for start, length in segments:
        positions = set(range(start, start + length))
        repeated = waiting.add(start, TEXT[start : start + length], ROOM)
        assert (repeated is not None) == bool(positions & known)
        assert repeated is None or set(range(*repeated)) <= positions & known
        known |= positions
        ranges = waiting.ranges()
        assert {position for left, right in ranges for position in range(left, right)} == known
        assert all(right < left for (_, right), (left, _) in itertools.pairwise(ranges))
    for left, right in waiting.ranges():
        assert bytes(waiting.take(left)) == TEXT[left:right]
