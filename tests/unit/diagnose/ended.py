"""Sockets that ended, as a kernel tells of them (measured on Linux 6.18), for the tests of what happened between two snapshots."""

from __future__ import annotations

from typing import Any

from estab.diagnose.host_facts import HostFacts
from estab.flow import Endpoint
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.snapshot import HostSnapshot, Owner, SocketSnapshot, TcpInfo
from estab.snapshot_table import Heard, socket_table

HERE, THERE = "10.9.1.2", "10.9.2.2"
CALLER = Owner(pid=7, command="caller")
REFUSED = {"segs_in": 1, "segs_out": 1}
BLOCKING = {"last_ack_recv_ms": 21_351_944}
"""Of an attempt that failed within a blocking connect(): the time since the host started."""
UNANSWERED = {"segs_out": 3, "total_retrans": 2, "retransmits": 2}
CLOSED_FIRST = {"segs_in": 4, "bytes_acked": 5, "bytes_sent": 3, "bytes_received": 6, "delivered": 3, "rtt_us": 5916}
CLOSED_LATER = {"segs_in": 6, "bytes_acked": 7, "bytes_sent": 6, "bytes_received": 4, "delivered": 3, "rtt_us": 285}
RESET = {"segs_in": 4, "bytes_acked": 4, "bytes_sent": 3, "bytes_received": 6, "delivered": 2, "rtt_us": 169}
UNREAD = {"segs_in": 3, "bytes_received": 1000, "delivered": 1, "rtt_us": 84}
NOT_SENT_WITH_REPETITIONS = {"bytes_acked": 1, "bytes_sent": 3000, "bytes_retrans": 2000, "delivered": 1, "rtt_us": 9}


def socket(info: dict[str, int], local: int, remote: int, *, cookie: int = 0, state: State = State.CLOSED, **ends: str) -> SocketSnapshot:
    return SocketSnapshot(
        local=Endpoint(ends.get("here", HERE), local), remote=Endpoint(ends.get("there", THERE), remote),
        state=state, cookie=cookie or local * 1000 + remote, info=TcpInfo(state=state, **info),  # type: ignore[arg-type]
    )  # fmt: skip


def listener(port: int, *, state: State = State.LISTEN) -> SocketSnapshot:
    return socket({}, port, 0, state=state, here="0.0.0.0", there="0.0.0.0")


ABORTED = socket({}, 80, 0, here="0.0.0.0")
"""A connection of a listener that this host aborted: its address and the peer's port are gone."""


def facts(ended: list[SocketSnapshot], *, before: tuple[SocketSnapshot, ...] = (), **more: Any) -> HostFacts:
    """Two snapshots with a listener at port 80, and what ended between them; `counters` moved from 0."""
    counters = more.pop("counters", {})
    tables = [socket_table([listener(80), *extra]) for extra in (before, ())]
    first, last = (
        HostSnapshot(taken_ns=second * SECOND_NS, sockets=table, counters=moved)
        for second, table, moved in ((0, tables[0], dict.fromkeys(counters, 0)), (5, tables[1], counters))
    )
    return HostFacts(first, last, heard=Heard(ended=socket_table(ended), **more))
