from __future__ import annotations

from estab.engine.autotune import open_window
from estab.engine.options import DEFAULT_SETTINGS, Settings
from estab.engine.receiver import Receiver
from estab.instant import MILLISECOND_NS
from estab.knobs.values import KnobValues
from tests.unit.engine.configs import LINUX

MSS = 1460
RTT_NS = 20 * MILLISECOND_NS


def half(settings: Settings = DEFAULT_SETTINGS, knobs: KnobValues = LINUX) -> Receiver:
    return Receiver(knobs, settings, irs=0, rcv_wnd=64_240, rcv_wscale=7, advmss_bytes=MSS, now_ns=0)


def pass_rounds(receiver: Receiver, bytes_a_round: int, rounds: int) -> None:
    receiver.shape.take_sample(RTT_NS, by_window=False)
    for number in range(1, rounds + 1):
        receiver.copied_seq += bytes_a_round
        receiver.shape.on_read(receiver, number * RTT_NS)


def test_a_fast_reader_gets_a_larger_buffer_up_to_the_knob() -> None:
    receiver = half()
    before = receiver.rcvbuf_bytes
    pass_rounds(receiver, 60_000, 1)
    assert receiver.rcvbuf_bytes >= 4 * 60_000 > before
    assert receiver.window_clamp >= receiver.full_space
    pass_rounds(receiver, 50_000_000, 2)
    assert receiver.rcvbuf_bytes == LINUX.tcp_rmem[2]


def test_what_is_read_is_measured_over_a_whole_round_trip() -> None:
    """One reading of 5,000 bytes after another, eight to a round trip, is a fast reader (time < rtt_us >> 3 holds rtt_us scaled by 8)."""
    receiver = half()
    receiver.shape.take_sample(RTT_NS, by_window=False)
    for number in range(1, 17):
        receiver.copied_seq += 5_000
        receiver.shape.on_read(receiver, number * RTT_NS // 8)
    assert receiver.shape.space_bytes == 40_000 and receiver.rcvbuf_bytes > LINUX.tcp_rmem[1]


def test_a_slow_reader_does_not() -> None:
    receiver = half()
    pass_rounds(receiver, 5_000, 10)
    assert receiver.rcvbuf_bytes == LINUX.tcp_rmem[1]


def test_a_fixed_buffer_and_a_knob_turn_it_off() -> None:
    fixed, off = half(Settings(rcvbuf_bytes=50_000)), half(knobs=LINUX.but(tcp_moderate_rcvbuf=0))
    for receiver in (fixed, off):
        before = receiver.rcvbuf_bytes
        pass_rounds(receiver, 1_000_000, 5)
        assert receiver.rcvbuf_bytes == before


def test_the_round_trip_of_a_receiver() -> None:
    shape = half().shape
    shape.measure_by_window(0, 1000, 0)
    shape.measure_by_window(999, 1000, 5)
    assert shape.rcv_rtt_ns == 0
    shape.measure_by_window(1000, 1000, 80)
    assert shape.rcv_rtt_ns == 80
    shape.take_sample(160, by_window=False)
    assert shape.rcv_rtt_ns == 90
    shape.take_sample(40, by_window=True)
    assert shape.rcv_rtt_ns == 40


def test_the_window_opens_with_what_comes() -> None:
    receiver = half()
    start = receiver.rcv_ssthresh
    assert open_window(receiver, 1460) and receiver.rcv_ssthresh == min(start + 2 * 1460, 65536)
    while open_window(receiver, 1460):
        pass
    assert receiver.rcv_ssthresh == receiver.full_space
