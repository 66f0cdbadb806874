from __future__ import annotations

import pytest

from estab.engine.siphash import siphash24

KEY = bytes(range(16))


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        # The reference implementation's vectors: the first `length` of the bytes 0, 1, 2, …
        (0, "310e0edd47db6f72"),
        (1, "fd67dc93c539f874"),
        (7, "37d1018bf50002ab"),
        (8, "6224939a79f5f593"),
        (15, "e545be4961ca29a1"),
        (63, "724506eb4c328a95"),
    ],
)
def test_vectors_of_the_reference_implementation(length: int, expected: str) -> None:
    assert siphash24(KEY, bytes(range(length))).to_bytes(8, "little").hex() == expected


def test_the_key_matters() -> None:
    assert siphash24(KEY, b"x") != siphash24(bytes(16), b"x")
