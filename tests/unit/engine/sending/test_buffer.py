from __future__ import annotations

import hypothesis
import hypothesis.strategies as st
import pytest

from estab.engine.sending.buffer import SendBuffer


@hypothesis.given(st.lists(st.integers(1, 900), max_size=30), st.data())
def test_what_goes_in_comes_out_in_any_portions(sizes: list[int], data: st.DataObject) -> None:
    buffer = SendBuffer()
    written = b""
    for number, size in enumerate(sizes):
        piece = bytes([number % 251]) * size
        buffer.put(piece if number % 2 else memoryview(piece))
        written += piece
    taken = b""
    while len(taken) < len(written):
        taken += buffer.take(data.draw(st.integers(1, min(1_460, len(written) - len(taken)))))
    assert taken == written


def test_what_its_owner_may_change_is_copied_and_what_nobody_can_change_is_not() -> None:
    changing, fixed = bytearray(b"a" * 1_000), b"b" * 1_000
    buffer = SendBuffer()
    buffer.put(memoryview(changing))
    buffer.put(fixed)
    changing[:] = b"z" * 1_000
    assert buffer.take(1_000) == b"a" * 1_000
    assert buffer.take(1_000) is fixed


@pytest.mark.parametrize("count", [1, 100, 4_000])
def test_small_pieces_are_gathered(count: int) -> None:
    buffer = SendBuffer()
    for number in range(count):
        buffer.put(bytes([number % 256]))
    assert len(buffer._pieces) <= 1 + count // 4_000
    assert buffer.take(count) == bytes(number % 256 for number in range(count))
