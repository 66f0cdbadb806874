"""memory.tcp_pressure: what a host shows of it, and what comes near."""

from __future__ import annotations

from estab.diagnose.finding import Severity
from estab.snapshot import SocketMemory
from tests.host_rules.hosts import facts_of, found, socket

CODE = "memory.tcp_pressure"


LIMITS = {"tcp_mem": "100 200 300"}


def pages(held: int, aborted: int = 0) -> list[Severity]:
    facts = facts_of({"TcpExt.TCPAbortOnMemory": aborted}, now={"Sockstat.TCP.mem": held}, knobs=LIMITS)
    return [finding.severity for finding in found(CODE, facts)]


def test_above_the_pressure_mark_and_near_the_limit() -> None:
    assert [pages(held) for held in (200, 201, 270)] == [[], [Severity.WARNING], [Severity.CRITICAL]]


def test_a_connection_that_was_dropped_is_the_worst() -> None:
    assert pages(1, aborted=1) == [Severity.CRITICAL]


def test_the_largest_sockets_are_named() -> None:
    small, large = (socket(number=number, memory=SocketMemory(rmem_alloc_bytes=number * 1000)) for number in (1, 2))
    (finding,) = found(CODE, facts_of(now={"Sockstat.TCP.mem": 250}, knobs=LIMITS, before=[small, large], after=[small, large]))
    assert finding.sockets[0].local.port == 40_002
