from __future__ import annotations

import pytest

from tests.unit.engine.sending.line import Line


@pytest.mark.parametrize("sndbuf", [4_608, 20_000, 87_040, 300_000])
@pytest.mark.parametrize("window", [5_000, 32_896, 1_000_000])
@pytest.mark.parametrize("first", [0, 700, 30_000])
def test_a_write_takes_what_was_promised(sndbuf: int, window: int, first: int) -> None:
    line = Line(window=window)
    line.sender.set_send_buffer(sndbuf)
    if first:
        line.sender.write(bytes(first), line.now_ns)
    promised = line.sender.write_room_bytes()
    taken = line.sender.write(bytes(2_000_000), line.now_ns)
    assert promised <= taken
    assert (promised > 0) is (taken > 0)
    assert line.sender.write_room_bytes() < 70_000


def test_the_buffer_begins_at_twice_the_initial_window_and_follows_the_window() -> None:
    line = Line(mss=1_460)
    assert line.sender.sndbuf_bytes == 87_040
    line.write(1_000_000)
    for _ in range(6):
        line.ack(line.sender.snd_nxt, after=100, window=1_000_000)
        line.write(1_000_000)
    assert line.sender.sndbuf_bytes > 400_000
    assert line.sender.sndbuf_bytes <= 4_194_304


def test_a_size_that_was_set_stays() -> None:
    line = Line()
    line.sender.set_send_buffer(100)
    assert line.sender.sndbuf_bytes == 4_608
    line.sender.set_send_buffer(42_000)
    line.write(1_000_000)
    for _ in range(4):
        line.ack(line.sender.snd_nxt, after=100)
        line.write(1_000_000)
    assert line.sender.sndbuf_bytes == 42_000


def test_a_writer_is_woken_when_a_third_is_free() -> None:
    line = Line(window=50_000)
    line.sender.set_send_buffer(42_000)
    line.write(61_000)
    woken = []
    while line.sender.wants_room:
        line.ack(line.sender.snd_una + 1_000, after=10)
        woken.append(line.sender.wmem_bytes)
    assert len(woken) > 10
    assert woken[-1] <= 28_000 < woken[-2]
    assert line.sender.is_writable()


def test_all_memory_is_given_back_when_all_is_acknowledged() -> None:
    line = Line()
    for size in (1, 999, 1_000, 1_001, 25_000, 3):
        line.write(size)
        line.ack(line.sender.snd_nxt, after=100)
    line.close()
    while line.sender.has_data:
        line.ack(line.sender.snd_nxt, after=100)
    assert line.sender.wmem_bytes == 0
    assert line.sender.buffer is None and line.sender.head is None and line.sender.tail is None
