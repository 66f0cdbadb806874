from __future__ import annotations

from estab.snapshot import CongestionState
from tests.unit.engine.sending.line import Line


def test_what_was_too_big_is_sent_again_in_smaller_pieces_and_the_window_stays() -> None:
    line = Line(mss=1_460)
    line.write(5_840)
    cwnd = line.sender.cwnd
    assert line.sender.on_icmp_too_big(1_240, 1, line.now_ns)
    assert line.sent() == ["R 1:5841"]
    assert [len(outgoing.payload) for outgoing in line.raw] == [1_200, 260] * 4
    assert line.sender.mss_bytes == 1_200
    assert line.sender.cwnd == cwnd
    line.ack(5_841, after=100)
    assert line.sender.ca_state is not CongestionState.LOSS
    line.write(2_400)
    assert [len(outgoing.payload) for outgoing in line.raw] == [1_200, 1_200]


def test_messages_that_cannot_be_true_change_nothing() -> None:
    line = Line(mss=1_460)
    line.write(2_920)
    for mtu, seq in ((1_500, 1), (9_000, 1), (1_240, 2_921), (1_240, 0), (0, 1)):
        assert not line.sender.on_icmp_too_big(mtu, seq, line.now_ns)
    assert line.sender.mss_bytes == 1_460 and line.sent() == []


def test_no_message_makes_segments_smaller_than_the_knob_allows() -> None:
    line = Line(mss=1_460)
    line.write(1_460)
    line.sender.on_icmp_too_big(68, 1, line.now_ns)
    assert line.sender.mss_bytes == 48


def test_a_black_hole_is_tried_with_smaller_segments_if_the_knob_says_so() -> None:
    for knob, expected in ((0, [1_460] * 8), (1, [1_460] * 4 + [1_024, 512, 256, 128])):
        line = Line(mss=1_460, rtt_ms=20, tcp_mtu_probing=knob)
        line.write(1_460)
        sizes = []
        for _ in range(8):
            line.wait((line.sender.deadline() or 0) / 1e6 - line.now_ns / 1e6)
            sizes += [len(outgoing.payload) for outgoing in line.raw]
        assert sizes == expected


def test_a_peer_with_a_tiny_window_gets_segments_of_half_of_it() -> None:
    line = Line(window=1_000)
    assert line.sender.mss_bytes == 500
    line.write(500)
    line.ack(501, after=100, window=4_000)
    assert line.sender.mss_bytes == 1_000
