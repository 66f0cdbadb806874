"""How long a socket has been in its state, at least."""

from __future__ import annotations

from typing import Any

import pytest

from estab.live.ages import age_ms, idle_ms
from estab.machine.states import State
from estab.snapshot import SocketSnapshot, TcpInfo, TimerKind
from estab.snapshot_table import socket_table
from tests.unit.live.made import LEAKED, LISTENER, WAITING, one


def socket(state: State, *, info: dict[str, Any] | None = None, **more: Any) -> SocketSnapshot:
    told = None if info is None else TcpInfo(state=state, **info)
    return one(state, "10.0.0.1 80", "10.0.0.2 1024", info=told, **more)


RETRANSMIT, TIME_WAIT = TimerKind.RETRANSMIT, TimerKind.TIME_WAIT


@pytest.mark.parametrize(
    ("snapshot", "least_ms"),
    [
        (WAITING, 2_000),
        (LEAKED, 125_000),  # not 200,000: data came before the FIN
        (LISTENER, -1),
        (socket(State.FIN_WAIT_2, timer=TIME_WAIT, timer_expires_ms=50_000), 10_000),  # an orphan
        (socket(State.FIN_WAIT_2, info={"last_ack_recv_ms": 7_000, "last_data_sent_ms": 9_000}), 7_000),  # held by its process
        (socket(State.ESTABLISHED, info={"last_ack_recv_ms": 7, "last_data_sent_ms": 9, "last_data_recv_ms": 8}), 9),
        # SYN at 0, 1, 3, 7 s: the third retransmission has just been sent, the timer of 8 s has run for 2 s.
        (socket(State.SYN_SENT, info={"rto_us": 8_000_000}, timer=RETRANSMIT, timer_expires_ms=6_000, timer_retries=3), 9_000),
        (socket(State.SYN_SENT, info={"rto_us": 1_000_000}, timer=RETRANSMIT, timer_expires_ms=900), 100),
        (socket(State.LAST_ACK, info={"rto_us": 400_000}, timer=RETRANSMIT, timer_expires_ms=400, timer_retries=1), 200),
        (socket(State.SYN_RECEIVED, timer=RETRANSMIT, timer_expires_ms=3_000, timer_retries=2), 4_000),
        (socket(State.SYN_RECEIVED, timer=RETRANSMIT, timer_expires_ms=1_000, timer_retries=0), 0),
        (socket(State.FIN_WAIT_1, info={"rto_us": 200_000}, timer=TimerKind.PERSIST, timer_expires_ms=100), -1),
        (socket(State.CLOSED), -1),
    ],
)
def test_least_ages(snapshot: SocketSnapshot, least_ms: int) -> None:
    assert age_ms(socket_table([snapshot])).tolist() == [least_ms]


def test_a_short_tcp_fin_timeout_is_what_an_orphan_began_with() -> None:
    orphan = socket_table([socket(State.FIN_WAIT_2, timer=TIME_WAIT, timer_expires_ms=2_000)])
    assert age_ms(orphan, fin_timeout_ms=3_000).tolist() == [1_000]
    assert age_ms(orphan, fin_timeout_ms=1_000).tolist() == [0]  # the setting was changed meanwhile


def test_idle_is_the_shorter_of_both_directions() -> None:
    assert idle_ms(socket_table([LEAKED, LISTENER, WAITING])).tolist() == [200_000, -1, -1]
