"""timewait.assassination: what a host shows of it, and what comes near."""

from __future__ import annotations

import dataclasses

from estab.flow import Endpoint
from estab.machine.states import State
from estab.snapshot import SocketSnapshot, TimerKind
from tests.host_rules.hosts import facts_of, found, socket

CODE = "timewait.assassination"
LISTENER = SocketSnapshot(local=Endpoint("10.0.0.1", 80), remote=Endpoint("0.0.0.0", 0), state=State.LISTEN, cookie=99, inode=99)


def waiting(count: int, *, port: int | None = None) -> list[SocketSnapshot]:
    """TIME-WAITs with 50 s to live, of connections accepted at a port or opened here."""
    entries = []
    for number in range(1, count + 1):
        plain = socket(State.TIME_WAIT, number=number)
        local = plain.local if port is None else Endpoint("10.0.0.1", port)
        remote = plain.remote if port is None else Endpoint("10.0.0.9", 40_000 + number)
        entries.append(
            dataclasses.replace(plain, local=local, remote=remote, info=None, inode=0, timer=TimerKind.TIME_WAIT, timer_expires_ms=50_000)
        )
    return entries


def test_entries_that_end_early_are_found() -> None:
    (finding,) = found(CODE, facts_of(before=waiting(4), after=[]))
    assert finding.count == 4


def test_entries_that_were_recycled_are_not() -> None:
    assert found(CODE, facts_of({"TcpExt.TWRecycled": 4}, before=waiting(4), after=[])) == []


def test_entries_of_a_listener_may_have_been_taken_over_by_what_came_and_went() -> None:
    before, after = [LISTENER, *waiting(4, port=80)], [LISTENER]
    assert found(CODE, facts_of({"Tcp.PassiveOpens": 4}, before=before, after=after)) == []
    (finding,) = found(CODE, facts_of({"Tcp.PassiveOpens": 1}, before=before, after=after))
    assert finding.count == 3


def test_with_the_setting_no_reset_ends_them() -> None:
    assert found(CODE, facts_of(knobs={"tcp_rfc1337": "1"}, before=waiting(4), after=[])) == []
