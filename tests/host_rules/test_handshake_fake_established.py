"""handshake.fake_established: what a host shows of it, and what comes near."""

from __future__ import annotations

import dataclasses

import pytest

from estab.diagnose.host_facts import HostFacts
from estab.snapshot import SocketSnapshot, TimerKind
from tests.host_rules.hosts import facts_of, found, socket

CODE, VANISHED = "handshake.fake_established", "half_open.peer_vanished"


def ignored(number: int = 1, *, opened_ms: int = 3_500) -> SocketSnapshot:
    """A connection whose first data has timed out four times: sent 3 s ago and more."""
    waiting = socket(
        number=number, send_queue=100, snd_mss_bytes=1448, unacked_segments=1,
        retransmits=4, backoff=4, rto_us=3_200_000, last_ack_recv_ms=opened_ms,
    )  # fmt: skip
    return dataclasses.replace(waiting, timer=TimerKind.RETRANSMIT, timer_expires_ms=3_000)


def facts(*sockets: SocketSnapshot, challenges: int = 0) -> HostFacts:
    return facts_of({"TcpExt.TCPSYNChallenge": challenges, "TcpExt.TCPTimeouts": 4}, before=sockets, after=sockets)


def test_a_peer_that_answers_others_meanwhile_does_not_know_the_connection() -> None:
    busy = socket(number=2, bytes_acked=500, last_ack_recv_ms=1_000)
    assert found(CODE, facts(ignored(), busy))[0].count == 1 and found(VANISHED, facts(ignored(), busy)) == []


def test_a_peer_that_opens_connections_and_ignores_them_all_lives() -> None:
    assert found(CODE, facts(ignored(1), ignored(2, opened_ms=3_200)))[0].count == 2


def test_a_repeated_syn_ack_is_a_sign_of_life() -> None:
    assert found(CODE, facts(ignored(), challenges=1))[0].count == 1


@pytest.mark.parametrize("heard_ms", [None, 60_000])
def test_without_a_sign_of_life_the_peer_may_have_vanished(heard_ms: int | None) -> None:
    others = [] if heard_ms is None else [socket(number=2, bytes_acked=500, last_ack_recv_ms=heard_ms)]
    assert found(CODE, facts(ignored(), *others)) == []
    assert len(found(VANISHED, facts(ignored(), *others))) == 1
