"""Laws of arithmetic modulo 2^32, against plain unbounded integers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estab.seq import HALF, MASK, MODULUS, distance, unwrap, wrap

numbers = st.integers(0, MASK)
positions = st.integers(0, 1 << 62)
steps = st.integers(-HALF, HALF - 1)


@given(numbers, steps)
def test_distance_undoes_a_step(start: int, step: int) -> None:
    assert distance((start + step) % MODULUS, start) == step


@given(numbers, numbers)
def test_distance_is_antisymmetric_but_at_the_far_side(a: int, b: int) -> None:
    if distance(a, b) == -HALF:
        assert distance(b, a) == -HALF
    else:
        assert distance(b, a) == -distance(a, b)


@given(positions, steps)
def test_unwrap_finds_the_position_nearest_to_a_known_one(near: int, step: int) -> None:
    assert unwrap(wrap(near + step), near) == near + step


@given(positions)
def test_wrap_keeps_the_low_bits(position: int) -> None:
    assert wrap(position) == position % MODULUS


@pytest.mark.parametrize(
    ("later", "earlier", "apart"),
    [(0, 0, 0), (1, 0, 1), (0, 1, -1), (0, MASK, 1), (MASK, 0, -1), (HALF - 1, 0, HALF - 1), (HALF, 0, -HALF), (0, HALF, -HALF)],
)
def test_distance_at_the_edges(later: int, earlier: int, apart: int) -> None:
    assert distance(later, earlier) == apart
