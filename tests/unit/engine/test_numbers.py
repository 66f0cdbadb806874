from __future__ import annotations

from estab.engine.numbers import shared_size


def test_equal_numbers_become_one_object() -> None:
    one, other = int("65280"), int("65280")
    assert one is not other
    assert shared_size(one) is shared_size(other) and shared_size(one) == 65_280
