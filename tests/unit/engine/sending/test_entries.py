from __future__ import annotations

import pytest

from estab.engine.sending.entries import LOST, Sent, split


def entry(length: int = 2_500, *, fin: bool = True) -> Sent:
    made = Sent(1, 1 + length + fin, bytes(range(250)) * (length // 250), 3, fin, True, 77)
    made.marks, made.eor, made.overhead_bytes, made.delivered = LOST, True, 1_280, 9
    return made


def test_the_second_part_takes_the_end_and_what_stands_there() -> None:
    first = entry()
    whole, behind = first.payload, Sent(9_999, 10_000, b"x", 1, False, False, 80)
    first.next = behind
    second = split(first, 1_000, 1_000)
    assert (first.start, first.end, second.start, second.end) == (1, 1_001, 1_001, 2_502)
    assert first.payload + second.payload == whole
    assert (first.segments, second.segments) == (1, 2)
    assert (first.fin, first.psh, first.eor, first.overhead_bytes) == (False, False, False, 0)
    assert (second.fin, second.psh, second.eor, second.overhead_bytes) == (True, True, True, 1_280)
    assert first.next is second and second.next is behind


def test_both_parts_remember_when_and_how_they_were_sent() -> None:
    first = entry()
    second = split(first, 1_000, 1_000)
    assert (second.sent_ns, second.marks, second.delivered) == (first.sent_ns, first.marks, first.delivered) == (77, LOST, 9)


@pytest.mark.parametrize("length", [0, 2_501, 3_000])
def test_no_part_is_empty(length: int) -> None:
    with pytest.raises(AssertionError):
        split(entry(), length, 1_000)


def test_a_fin_can_be_cut_off() -> None:
    first = entry()
    fin = split(first, 2_500, 1_000)
    assert (fin.payload, fin.start, fin.end, fin.segments) == (b"", 2_501, 2_502, 1)
