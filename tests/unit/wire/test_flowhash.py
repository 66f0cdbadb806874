"""The hash of two endpoints: symmetric, the same in both lives, well spread."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from estab.lives import Life
from estab.wire.flowhash import endpoint_hash, pair_hash

WORD = st.integers(0, 2**32 - 1)
ENDPOINT = st.tuples(WORD, WORD, WORD, WORD, st.integers(0, 65535))
MAPPED = (0, 0, 0xFFFF)


def hash_of(a: tuple[int, int, int, int, int], b: tuple[int, int, int, int, int], life: Life = Life.INTERPRETED) -> int:
    one = life.kernel(endpoint_hash)
    return life.kernel(pair_hash)(one(*a), one(*b))


@given(ENDPOINT, ENDPOINT)
def test_both_directions_and_both_lives_agree(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    value = hash_of(a, b)  # type: ignore[arg-type]
    assert value == hash_of(b, a) == hash_of(a, b, Life.COMPILED)  # type: ignore[arg-type]
    assert 0 <= value < 2**32


def test_each_bit_of_an_address_or_port_changes_about_half_of_the_bits() -> None:
    server = (*MAPPED, 0x0A000002, 80)
    for bit in range(48):
        changed = 0
        for client in range(200):
            word, port = 0x0A010000 + client * 7919, 32768 + client * 31
            other = (*MAPPED, word ^ (1 << bit), port) if bit < 32 else (*MAPPED, word, port ^ (1 << (bit - 32)))
            changed += (hash_of((*MAPPED, word, port), server) ^ hash_of(other, server)).bit_count()
        assert 0.42 < changed / 200 / 32 < 0.58, f"bit {bit}"


def test_neighbouring_flows_fill_a_table_evenly() -> None:
    slots = [0] * 1024
    for client in range(64):
        for port in range(128):
            slots[hash_of((*MAPPED, 0x0A000100 + client, 40000 + port), (*MAPPED, 0x0A000002, 80)) & 1023] += 1
    # 8 in a slot on average; a random function gives more than 24 in one of them once in 10,000 runs.
    assert max(slots) <= 24 and slots.count(0) <= 12


def test_endpoints_that_swap_a_part_do_not_collide() -> None:
    a, b = (*MAPPED, 0x0A000001, 1000), (*MAPPED, 0x0A000002, 2000)
    crossed = (*MAPPED, 0x0A000001, 2000), (*MAPPED, 0x0A000002, 1000)
    assert hash_of(a, b) != hash_of(*crossed)
