from __future__ import annotations

from tests.unit.engine.sending.line import Line


def test_nothing_is_taken_behind_a_fin() -> None:
    line = Line()
    line.close()
    line.write(100)
    assert line.taken == 0


def test_a_write_takes_as_much_as_linux_takes() -> None:
    # net.ipv4.tcp_wmem default 50000, window 257 << 7: 10000 leave, then 16000 + 16000 + 16000 wait in records of half a window.
    line = Line(window=257 << 7, tcp_wmem="4096 50000 4194304")
    assert line.write(59_000) == ["1:10001"]
    assert line.taken == 58_000


def test_a_tiny_send_buffer_takes_three_small_segments() -> None:
    line = Line(window=2_000, mss=988)
    line.sender.set_send_buffer(2_000)
    assert line.write(10_000) == ["1:1977"]
    assert line.taken == 2_964


def test_the_low_water_mark_limits_what_is_unsent() -> None:
    line = Line(window=257 << 7, tcp_notsent_lowat=4_000)
    line.write(59_000)
    assert line.taken == 26_000


def test_the_last_record_takes_what_comes_next() -> None:
    line = Line()
    line.write(15_300)
    line.write(300)
    line.write(400)
    assert line.ack(10_001, after=100) == ["10001:16001"]
    assert [len(outgoing.payload) for outgoing in line.raw] == [1_000] * 6


def test_a_write_of_more_than_half_the_window_is_pushed_on_the_way() -> None:
    line = Line(window=8_000)
    line.write(20_000)
    assert [outgoing.end for outgoing in line.raw if outgoing.psh] == [8_001]
