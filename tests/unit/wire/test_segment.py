"""The segment as a value."""

from __future__ import annotations

import pytest

from estab.wire.segment import ACK, FIN, SYN, Segment


@pytest.mark.parametrize(("flags", "payload", "length"), [(ACK, b"", 0), (SYN, b"", 1), (FIN | ACK, b"abc", 4), (SYN | FIN, b"", 2)])
def test_syn_and_fin_count(flags: int, payload: bytes, length: int) -> None:
    assert Segment(1, 2, flags, 100, payload).length == length
