from __future__ import annotations

from typing import Any

import pytest

from estab.engine.sending.profile import SendingProfile
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
    for mtu, seq in ((1_500, 1), (9_000, 1), (1_240, 2_921), (1_240, 0)):
        assert not line.sender.on_icmp_too_big(mtu, seq, line.now_ns)
    assert line.sender.mss_bytes == 1_460 and line.sent() == []


@pytest.mark.parametrize(("header_bytes", "least"), [(40, 512), (52, 500), (60, 1_220), (72, 1_208)])
@pytest.mark.parametrize("mtu", [0, 68, 500])
def test_no_message_makes_packets_smaller_than_every_path_takes(header_bytes: int, least: int, mtu: int) -> None:
    line = Line(mss=1_400)
    line.sender.header_bytes = header_bytes
    line.write(1_400)
    line.sender.on_icmp_too_big(mtu, 1, line.now_ns)
    assert line.sender.mss_bytes == least


def test_a_black_hole_is_tried_with_smaller_segments_if_the_knob_says_so() -> None:
    for knob, expected in ((0, [1_460] * 8), (1, [1_460] * 4 + [1_024, 512, 256, 128])):
        line = Line(mss=1_460, rtt_ms=20, tcp_mtu_probing=knob)
        line.write(1_460)
        sizes = []
        for _ in range(8):
            line.wait((line.sender.deadline() or 0) / 1e6 - line.now_ns / 1e6)
            sizes += [len(outgoing.payload) for outgoing in line.raw]
        assert sizes == expected


def probing(**how: Any) -> Line:
    """A connection that looks for the path's MTU from 512 bytes on, with a window of 11 segments."""
    line = Line(mss=1_460, tcp_mtu_probing=2, tcp_base_mss=512, profile=SendingProfile(initial_cwnd_segments=11), **how)
    assert line.sender.mss_bytes == 512
    return line


def sizes(line: Line) -> list[int]:
    return [len(outgoing.payload) for outgoing in line.raw]


def test_a_larger_segment_is_tried_and_used_when_it_has_arrived() -> None:
    line = probing()
    line.write(5_000)
    # Half way between 552 and 1500 bytes of packet, in front of the usual ones.
    assert sizes(line) == [986, *[512] * 7, 430]
    assert line.sender.cwnd == 10
    line.ack(5_001, after=100)
    assert line.sender.mss_bytes == 986
    assert line.sender.counters["TcpExt.TCPMTUPSuccess"] == 1
    line.write(2_000)
    assert sizes(line) == [986, 986, 28]


def test_a_probe_that_is_lost_alone_is_no_congestion() -> None:
    line = probing()
    line.write(5_000)
    ssthresh = line.sender.ssthresh
    for end in (1_499, 2_011, 2_523):
        line.ack(1, (987, end), after=100 if end == 1_499 else 0)
    assert line.sender.counters["TcpExt.TCPMTUPFail"] == 1
    assert line.sender.mss_bytes == 512
    assert line.sender.cwnd >= 11
    assert line.sender.ssthresh in {ssthresh, 8}
    again = b"".join(outgoing.payload for outgoing in line.raw if outgoing.is_retransmission)
    assert 0 < len(again) <= 986
    assert max(sizes(line)) <= 512


def test_nothing_is_tried_without_enough_behind_it() -> None:
    line = probing()
    line.write(2_000)
    assert max(sizes(line)) == 512
    small = probing(window=2_400)
    small.write(5_000)
    assert max(sizes(small)) == 512


def test_the_search_ends_when_it_is_narrow_and_begins_again_after_ten_minutes() -> None:
    line = probing()
    for _ in range(12):
        line.sender.cwnd = 20
        line.write(16_000)
        line.ack(line.sender.snd_nxt, after=100)
        line.wait(10)
        while line.sender.has_data:
            line.ack(line.sender.snd_nxt, after=100)
    assert 1_450 <= line.sender.mss_bytes <= 1_460
    count = line.sender.counters["TcpExt.TCPMTUPSuccess"]
    line.write(16_000)
    line.ack(line.sender.snd_nxt, after=100)
    assert line.sender.counters["TcpExt.TCPMTUPSuccess"] == count >= 5


def test_what_must_not_be_joined_is_not_joined_in_a_probe() -> None:
    line = probing()
    line.sender.set_cork(True)
    line.write(300, end_of_record=True)
    line.write(5_000)
    line.sender.set_cork(False)
    line.sent()
    assert max(sizes(line), default=0) <= 512


def test_a_peer_with_a_tiny_window_gets_segments_of_half_of_it() -> None:
    line = Line(window=1_000)
    assert line.sender.mss_bytes == 500
    line.write(500)
    line.ack(501, after=100, window=4_000)
    assert line.sender.mss_bytes == 1_000
