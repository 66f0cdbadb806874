from __future__ import annotations

import pytest

from estab.engine.acknowledging import ATO_MIN_NS, DELACK_MAX_NS, AckPolicy
from estab.engine.options import DEFAULT_SETTINGS
from estab.engine.receiver import Receiver
from estab.instant import MILLISECOND_NS, SECOND_NS
from tests.unit.engine.configs import LINUX

MSS = 1460


def half() -> Receiver:
    return Receiver(LINUX, DEFAULT_SETTINGS, irs=999, rcv_wnd=64_240, rcv_wscale=7, advmss_bytes=MSS, now_ns=0)


def text(policy: AckPolicy, length: int, now_ns: int, *, push: bool = False) -> None:
    policy.on_text(length, push=push, rcv_wnd=64_240, advmss_bytes=MSS, rto_ns=SECOND_NS, now_ns=now_ns)


def settled() -> AckPolicy:
    """A policy behind its quickacks."""
    policy = AckPolicy(MSS, 64_240, 0)
    text(policy, MSS, 0)
    policy.quick = 0
    policy.on_sent()
    return policy


def test_a_connection_starts_by_acknowledging_at_once() -> None:
    policy, receiver = AckPolicy(MSS, 64_240, 0), half()
    text(policy, MSS, 0)
    policy.settle(receiver, 0, 0)
    assert policy.now and policy.quick == 16 and policy.ato_ns == ATO_MIN_NS and policy.rcv_mss_bytes == MSS


def test_quickacks_are_used_up_by_sending() -> None:
    policy = AckPolicy(MSS, 64_240, 0)
    text(policy, MSS, 0)
    for _ in range(16):
        assert policy.in_quickack_mode
        policy.on_sent()
    assert not policy.in_quickack_mode


def test_an_answer_within_the_delay_makes_acks_wait_for_data() -> None:
    policy, receiver = AckPolicy(MSS, 64_240, 0), half()
    text(policy, 100, 0)
    policy.on_data_sent(MILLISECOND_NS)
    assert policy.pingpong
    policy.settle(receiver, 0, 2 * MILLISECOND_NS)
    assert not policy.now and policy.deadline_ns == 42 * MILLISECOND_NS


def test_the_second_full_segment_is_acknowledged_at_once() -> None:
    policy, receiver = settled(), half()
    for number, at_once in ((1, False), (2, True)):
        receiver.accept(receiver.rcv_nxt, bytes(MSS))
        receiver.read(MSS)
        text(policy, MSS, number * MILLISECOND_NS)
        policy.settle(receiver, 0, number * MILLISECOND_NS)
        assert policy.now is at_once


def test_out_of_order_text_is_acknowledged_at_once() -> None:
    policy, receiver = settled(), half()
    receiver.accept(5000, b"x")
    policy.owed = True
    policy.settle(receiver, 0, 0)
    assert policy.now


@pytest.mark.parametrize(
    ("gaps_ms", "ato_ms"),
    [((10,), 40), ((10, 10, 10), 40), ((39,), 59), ((39, 58), 87.5), ((500,), 40), ((1500,), 40)],
)
def test_the_delay_follows_the_gaps(gaps_ms: tuple[int, ...], ato_ms: float) -> None:
    policy, now_ns = settled(), 0
    for gap_ms in gaps_ms:
        now_ns += gap_ms * MILLISECOND_NS
        text(policy, MSS, now_ns)
    assert policy.ato_ns == ato_ms * MILLISECOND_NS


def test_a_gap_above_the_rto_brings_quickacks_back() -> None:
    policy = settled()
    text(policy, MSS, 2 * SECOND_NS)
    assert policy.in_quickack_mode


@pytest.mark.parametrize(
    ("ato_ms", "pingpong", "rtt_ms", "wait_ms"),
    [(40, False, 0, 40), (80, False, 0, 80), (800, True, 0, 200), (80, False, 50, 50), (80, False, 10, 40), (300, False, 0, 200)],
)
def test_how_long_an_ack_may_wait(ato_ms: int, pingpong: bool, rtt_ms: int, wait_ms: int) -> None:
    policy, receiver = settled(), half()
    policy.ato_ns, policy.pingpong, policy.owed = ato_ms * MILLISECOND_NS, pingpong, True
    policy.settle(receiver, rtt_ms * MILLISECOND_NS, 0)
    assert policy.deadline_ns == wait_ms * MILLISECOND_NS <= DELACK_MAX_NS


def test_a_wait_that_is_about_to_end_ends_at_once() -> None:
    policy, receiver = settled(), half()
    policy.owed = True
    policy.settle(receiver, 0, 0)
    policy.settle(receiver, 0, 31 * MILLISECOND_NS)
    assert policy.now


def test_what_a_missed_delay_teaches() -> None:
    policy = settled()
    policy.owed = True
    policy.on_deadline(SECOND_NS)
    assert policy.now and policy.ato_ns == 2 * ATO_MIN_NS
    policy.pingpong = policy.owed = True
    policy.on_deadline(SECOND_NS)
    assert not policy.pingpong and policy.ato_ns == ATO_MIN_NS
    policy.owed = policy.now = False
    policy.on_deadline(SECOND_NS)
    assert not policy.now


def test_reading_the_end_of_a_small_write_sends_the_ack() -> None:
    policy, receiver = settled(), half()
    receiver.accept(1000, b"small")
    text(policy, 5, MILLISECOND_NS, push=True)
    assert policy.pushed == 1
    receiver.read(100)
    assert policy.wants_ack_after_read(receiver, 5)
    policy.pingpong = True
    assert not policy.wants_ack_after_read(receiver, 5)


def test_reading_that_doubles_a_small_window_sends_an_update() -> None:
    policy, receiver = settled(), half()
    receiver.accept(1000, bytes(64_240))
    receiver.announce(MSS)
    assert receiver.rcv_wnd < 2 * MSS
    policy.on_sent()
    receiver.read(60_000)
    assert policy.wants_ack_after_read(receiver, 60_000)
    assert not policy.wants_ack_after_read(receiver, 0)


def test_ece_until_cwr() -> None:
    policy = settled()
    said = []
    for ecn, cwr in ((3, False), (2, False), (2, True)):
        policy.on_ecn(ecn, cwr=cwr, rcv_wnd=64_240)
        said.append(policy.ece)
    assert said == [True, True, False] and policy.quick == 2 and policy.now
    policy.quick = 0
    policy.on_ecn(0, cwr=False, rcv_wnd=64_240)
    assert policy.quick == 2  # a segment without ECT was most likely sent again


def test_blocks_newest_first_with_d_sack_before_them() -> None:
    policy, receiver = settled(), half()
    for position in (2000, 4000, 6000, 8000):
        receiver.accept(position, bytes(100))
        policy.touched(position)
    assert policy.blocks(receiver, 3) == ((8000, 8100), (6000, 6100), (4000, 4100))
    receiver.accept(4100, bytes(50))
    policy.touched(4100)
    policy.repeated(2000, 2050)
    assert policy.blocks(receiver, 4) == ((2000, 2050), (4000, 4150), (8000, 8100), (6000, 6100))
    policy.on_sent()
    assert policy.blocks(receiver, 4)[0] == (4000, 4150)


def test_repetitions_that_touch_are_one() -> None:
    policy = settled()
    policy.repeated(10, 20)
    policy.repeated(20, 30)
    assert policy.dsack == (10, 30)
    policy.repeated(50, 60)
    assert policy.dsack == (50, 60)


def test_a_smaller_size_of_segments_is_learnt_from_two_of_them() -> None:
    policy = settled()
    text(policy, 1000, MILLISECOND_NS)
    assert policy.rcv_mss_bytes == MSS
    text(policy, 1000, MILLISECOND_NS)
    assert policy.rcv_mss_bytes == 1000
