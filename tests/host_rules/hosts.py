"""Readings of hosts that do not exist, for rules that no laboratory makes a kernel show."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from estab.diagnose.catalog import host_rules
from estab.diagnose.finding import Finding
from estab.diagnose.host_facts import HostFacts
from estab.flow import Endpoint
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.snapshot import HostSnapshot, SocketMemory, SocketSnapshot, TcpInfo
from estab.snapshot_table import socket_table

INTERVAL_NS = 5 * SECOND_NS


def socket(
    state: State = State.ESTABLISHED, *, number: int = 1, send_queue: int = 0, memory: SocketMemory | None = None, **info: Any
) -> SocketSnapshot:
    """A connection of this host to 10.0.0.9:443 with these readings of TCP_INFO."""
    return SocketSnapshot(
        local=Endpoint("10.0.0.1", 40_000 + number),
        remote=Endpoint("10.0.0.9", 443),
        state=state,
        cookie=number,
        inode=number,
        send_queue=send_queue,
        info=TcpInfo(state=state, **info),
        memory=memory,
    )


def grown(before: SocketSnapshot, **info: Any) -> SocketSnapshot:
    """The same socket later."""
    assert before.info is not None
    return dataclasses.replace(before, info=dataclasses.replace(before.info, **info))


def facts_of(
    moved: Mapping[str, int] | None = None,
    *,
    now: Mapping[str, int] | None = None,
    knobs: Mapping[str, str] | None = None,
    before: Sequence[SocketSnapshot] = (),
    after: Sequence[SocketSnapshot] = (),
) -> HostFacts:
    """Two readings: counters that `moved` from 100, gauges as they stand `now`, settings, and sockets."""
    started = dict.fromkeys(moved or {}, 100) | dict(now or {})
    later = {name: 100 + by for name, by in (moved or {}).items()} | dict(now or {})
    common: dict[str, Any] = {"knobs": dict(knobs or {}), "kernel": "6.1.0"}
    first = HostSnapshot(taken_ns=SECOND_NS, counters=started, sockets=socket_table(before), **common)
    second = HostSnapshot(taken_ns=SECOND_NS + INTERVAL_NS, counters=later, sockets=socket_table(after), **common)
    return HostFacts(first, second)


def found(code: str, facts: HostFacts) -> list[Finding]:
    """What the rule of a code finds."""
    (rule,) = [rule for rule in host_rules() if rule.rule.code == code]
    return list(rule.check(facts))
