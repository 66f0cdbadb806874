from __future__ import annotations

import pytest

from estab.chance import Chance, keyed


def test_the_stream_is_splitmix64() -> None:
    # First outputs of the published reference program for the seed 1234567.
    chance = Chance(1234567)
    assert [chance.bits64() for _ in range(3)] == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_children_do_not_depend_on_what_was_drawn() -> None:
    fresh, used = Chance(5), Chance(5)
    used.bytes(1000)
    assert fresh.child("isn").bits64() == used.child("isn").bits64()
    assert fresh.child("isn").bits64() != fresh.child("isns").bits64()


@pytest.mark.parametrize("seed", ["a", b"a"])
def test_words_are_seeds(seed: str | bytes) -> None:
    assert Chance(seed).bits64() == Chance("a").bits64() != Chance("b").bits64()


def test_ranges() -> None:
    chance = Chance(1)
    drawn = [chance.below(6) for _ in range(6000)]
    assert sorted(set(drawn)) == [0, 1, 2, 3, 4, 5] and min(drawn.count(face) for face in range(6)) > 850
    units = [chance.unit() for _ in range(2000)]
    assert 0 <= min(units) < 0.01 and 0.99 < max(units) < 1
    assert 0 <= chance.bits32() < 1 << 32 and len(chance.bytes(13)) == 13 and len(chance.key()) == 16


def test_a_keyed_number_needs_its_key_and_all_its_parts() -> None:
    assert len({keyed(key, *parts) for key in (b"k", b"l") for parts in (("a", 1), ("a", 2), ("a1",), ("a", "1"))}) == 8
