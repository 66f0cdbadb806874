from __future__ import annotations

import errno

import pytest

from estab.engine.events import Patience
from estab.engine.sending.outgoing import Action
from tests.unit.engine.sending.line import Line


def given_up_after_ms(line: Line) -> float:
    line.wait(3_000_000)
    assert line.verdict.action is Action.GAVE_UP
    return line.at


@pytest.mark.parametrize(("retries", "at_ms"), [(3, 6_324), (5, 12_852), (8, 104_244), (15, 929_000)])
def test_retransmissions_end_at_the_first_timeout_after_their_time(retries: int, at_ms: float) -> None:
    # RTO 204 ms: the first timeout at which 3.0, 12.6, 102.2 and 924.6 s have passed since the first retransmission.
    line = Line(sack=False, rtt_ms=0, tcp_retries2=retries)
    line.sender.on_handshake_rtt(1_000_000, line.now_ns)
    line.write(100)
    assert given_up_after_ms(line) == pytest.approx(at_ms, rel=0.01)
    assert (line.verdict.patience, line.verdict.errno) == (Patience.RETRANSMISSIONS, errno.ETIMEDOUT)


def test_an_icmp_error_since_the_last_ack_is_the_reason_that_is_told() -> None:
    line = Line(tcp_retries2=3)
    line.write(100)
    line.sender.on_soft_error(errno.EHOSTUNREACH)
    given_up_after_ms(line)
    assert line.verdict.errno == errno.EHOSTUNREACH
    line = Line(tcp_retries2=3)
    line.write(100)
    line.sender.on_soft_error(errno.EHOSTUNREACH)
    line.ack(101, after=100)
    line.write(100)
    given_up_after_ms(line)
    assert line.verdict.errno == errno.ETIMEDOUT


def test_an_orphan_s_fin_is_given_up_after_eight_doublings() -> None:
    line = Line(rtt_ms=0)
    line.sender.on_handshake_rtt(100_000, line.now_ns)
    line.sender.is_orphan = True
    line.close()
    sent = [round(when / 1000, 1) for when, _ in line.wait(300_000)]
    assert sent == [0.2, 0.4, 0.8, 1.6, 3.3, 6.5, 13.1, 26.1, 52.2]
    assert line.verdict.patience is Patience.ORPHAN


def test_an_orphan_in_a_dead_network_is_given_up_when_its_wait_is_the_longest() -> None:
    line = Line(tcp_rto_max_ms=1_000)
    line.sender.is_orphan = True
    line.sender.on_soft_error(errno.EHOSTUNREACH)
    line.close()
    assert given_up_after_ms(line) < 3_000


def test_the_user_timeout_is_kept_to_the_millisecond() -> None:
    line = Line(window=32_792)
    line.sender.user_timeout_us = 3_000_000
    line.close(after=2_000)
    begin = line.at
    sent = [when for when, _ in line.wait(10_000)]
    # A probe, then timeouts; the clock runs from the first retransmission by the timer.
    assert sent == [300, 600, 1_200, 2_400]
    assert line.verdict.patience is Patience.USER_TIMEOUT
    assert 3_000 <= line.at - begin <= 3_700


def test_the_user_timeout_ends_window_probes_even_if_they_are_answered() -> None:
    line = Line()
    line.sender.user_timeout_us = 4_000_000
    line.write(1_000)
    line.ack(1_001, after=100, window=0)
    line.write(1_000)
    begin = line.at
    while line.verdict.action is not Action.GAVE_UP and line.at < begin + 20_000:
        line.wait(50)
        if line.raw:
            line.ack(1_001, window=0)
            assert line.raw == []
    assert line.at - begin < 6_000
    assert line.verdict.patience is Patience.USER_TIMEOUT


def test_probes_without_any_answer_end() -> None:
    line = Line(tcp_retries2=3)
    line.write(1_000)
    line.ack(1_001, after=100, window=0)
    line.write(1_000)
    assert given_up_after_ms(line) == pytest.approx(100 + 300 + 600 + 1_200 + 2_400)
    assert line.verdict.patience is Patience.PERSIST


def test_retransmissions_into_a_closed_window_go_on_while_the_peer_answers() -> None:
    line = Line(sack=False, tcp_retries2=3)
    line.write(2_000)
    line.ack(1, after=50, window=0)
    for _ in range(40):
        line.wait(130_000)
        assert line.verdict.action is Action.RETRANSMITTED
        line.ack(1, window=0)
    line.wait(1_000_000)
    assert line.verdict.action is Action.GAVE_UP
