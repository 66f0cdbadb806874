"""The vocabulary of verdicts: one bit each, the same for people and for packet loops."""

from __future__ import annotations

from estab.track import verdict
from estab.track.verdict import Verdict
from estab.wire.columns import PACKET


def test_each_verdict_is_one_bit_of_the_column() -> None:
    bits = [int(one) for one in Verdict]
    assert sorted(bits) == [1 << place for place in range(len(bits))]
    assert max(bits) < 1 << 8 * PACKET["verdict"].itemsize


def test_packet_loops_see_the_same_numbers() -> None:
    for one in Verdict:
        assert one.name is not None
        number = getattr(verdict, one.name)
        assert number == one.value and type(number) is int
