from __future__ import annotations

from estab.engine.options import DEFAULT_SETTINGS, Settings
from estab.engine.receiver import Receiver
from tests.unit.engine.configs import LINUX

IRS = 999


def receiver(settings: Settings = DEFAULT_SETTINGS, *, rcv_wnd: int = 10_000, rcv_wscale: int = 0) -> Receiver:
    return Receiver(LINUX, settings, irs=IRS, rcv_wnd=rcv_wnd, rcv_wscale=rcv_wscale, advmss_bytes=1460, now_ns=0)


def test_text_comes_out_in_order_once() -> None:
    half = receiver()
    assert half.accept(1003, b"def") is None
    assert half.readable_bytes == 0 and half.ooo_segments == 1
    assert half.accept(1000, b"abc") is None
    assert half.read(4) == b"abcd" and half.read(100) == b"ef" and half.read(100) == b""
    assert (half.rcv_nxt, half.copied_seq, half.bytes_received, half.buffer) == (1006, 1006, 6, None)


def test_old_parts_are_cut_off_and_told() -> None:
    half = receiver()
    half.accept(1000, b"abc")
    assert half.accept(1001, b"bcd") == (1001, 1003)
    assert half.accept(1000, b"ab") == (1000, 1002)
    assert half.read(10) == b"abcd"


def test_text_beyond_the_window_is_cut_off() -> None:
    half = receiver(rcv_wnd=5)
    half.accept(1000, b"abcdefgh")
    assert half.read(10) == b"abcde" and half.window_left == 0


def test_peek_takes_nothing() -> None:
    half = receiver()
    half.accept(1000, b"abc")
    assert half.read(2, peek=True) == b"ab" and half.read(9) == b"abc"


def test_a_fin_counts_in_its_turn_and_nothing_behind_it() -> None:
    half = receiver()
    half.learn_fin(1003)
    seen = [half.fin_is_next]
    half.accept(1000, b"abcdef")
    seen += [half.fin_is_next, half.at_eof]
    assert half.read(10) == b"abc"
    half.pass_fin()
    seen += [half.fin_is_next, half.at_eof]
    assert seen == [False, True, False, False, True] and half.rcv_nxt == 1004


def test_the_window_never_shrinks_though_the_buffer_fills() -> None:
    half = receiver(Settings(rcvbuf_bytes=20_000))
    assert half.announce(1460) == 10_000 // 1460 * 1460 or half.rcv_wnd == 10_000
    edge = half.rcv_wup + half.rcv_wnd
    for count in range(5):
        half.accept(1000 + 1000 * count, bytes(1000))
        half.announce(1460)
        assert half.rcv_wup + half.rcv_wnd >= edge
    half.read(100_000)
    half.announce(1460)
    assert half.rcv_wup + half.rcv_wnd > edge


def test_out_of_order_text_never_costs_more_than_the_buffer() -> None:
    half = receiver(Settings(rcvbuf_bytes=4096), rcv_wnd=2048)
    for position in range(1001, 3048, 2):
        half.accept(position, b"x")
    assert half.reassembly is not None and half.reassembly.cost_bytes <= 4096


def test_the_urgent_byte_is_out_of_band() -> None:
    half = receiver()
    assert half.learn_urgent(1004, 1000)  # the byte before the pointer: position 1003
    assert not half.learn_urgent(1004, 1000)
    assert half.read_urgent() == b""
    half.accept(1000, b"abcUdef")
    assert half.readable_bytes == 3 and half.read(100) == b"abc" and half.at_mark
    assert half.read_urgent(peek=True) == b"U" and half.read_urgent() == b"U" and half.read_urgent() == b""
    assert half.readable_bytes == 3 and half.read(100) == b"def" and half.urgent_position is None


def test_an_urgent_byte_at_the_end_is_passed_over() -> None:
    half = receiver()
    half.learn_urgent(1004, 1000)
    half.accept(1000, b"abcU")
    assert half.read(100) == b"abc" and half.read(100) == b"" and half.buffer is None and half.read_urgent() == b"U"
    assert half.urgent_position is None


def test_inline_the_urgent_byte_is_one_of_the_stream_behind_a_mark() -> None:
    half = receiver(Settings(oob_inline=True))
    half.learn_urgent(1004, 1000)
    half.accept(1000, b"abcUdef")
    assert half.read(100) == b"abc" and half.at_mark and half.read(100) == b"Udef" and half.read_urgent() == b""


def test_later_urgent_data_replaces_earlier() -> None:
    half = receiver()
    half.learn_urgent(1002, 1000)
    half.accept(1000, b"aXbYc")
    assert half.learn_urgent(1008, 1005) and half.read(100) == b"aXbYc"
    assert not half.learn_urgent(1003, 1005)


def test_settings_reach_a_living_receiver() -> None:
    half = receiver()
    half.take_settings(Settings(rcvbuf_bytes=8192, window_clamp_bytes=3000, oob_inline=True))
    assert (half.rcvbuf_bytes, half.fixed_buffer, half.window_clamp, half.rcv_ssthresh, half.oob_inline) == (8192, True, 3000, 3000, True)
