"""Resets, half-open connections, devices on the path: for each code a case in which it is found, and near misses."""

from __future__ import annotations

from estab.machine.states import State
from tests.host_rules.builders import (
    CRITICAL,
    IDLE3,
    INFO,
    KEEPALIVE,
    PERSIST,
    SMALL,
    STUCK,
    in_state,
)
from tests.host_rules.snapshots import PEER, both, fires, listener, opened, quiet

CASES = [
    fires(
        "rst.unread_data",
        before=[listener(), *in_state(State.ESTABLISHED, 3, recv_queue=9)],
        after=[listener()],
        moved={"TcpExt.TCPAbortOnClose": 3, "Tcp.EstabResets": 3, "Tcp.OutRsts": 3},
        at=("10.0.0.1", 80),
    ),
    fires("rst.unread_data", "one", INFO, moved={"TcpExt.TCPAbortOnClose": 1}),
    quiet("rst.unread_data", "SO_LINGER 0", moved={"TcpExt.TCPAbortOnData": 3, "Tcp.EstabResets": 3, "Tcp.OutRsts": 3}),
    fires("rst.abort", moved={"TcpExt.TCPAbortOnData": 3, "Tcp.EstabResets": 3, "Tcp.OutRsts": 3}),
    fires("rst.abort", "by the peer", INFO, before=[opened(0, last_data_recv_ms=5)], moved={"Tcp.EstabResets": 1}),
    quiet("rst.abort", "late data", moved={"TcpExt.TCPAbortOnData": 3, "Tcp.OutRsts": 6}),
    fires("rst.data_after_close", before=[opened(number, State.CLOSE_WAIT) for number in range(3)], moved={"Tcp.EstabResets": 3}),
    fires(
        "rst.data_after_close",
        "to this host",
        before=[listener(), *in_state(State.FIN_WAIT_2, 3, timer=SMALL, timer_expires_ms=50_000, inode=0)],
        after=[listener()],
        moved={"Tcp.OutRsts": 3},
    ),
    quiet(
        "rst.data_after_close",
        "expired",
        before=[listener(), *in_state(State.FIN_WAIT_2, 3, timer=SMALL, timer_expires_ms=2_000, inode=0)],
        after=[listener()],
        moved={"Tcp.OutRsts": 3},
    ),
    fires("rst.administrative", severity=INFO, before=IDLE3, moved={"Tcp.EstabResets": 3, "Tcp.OutRsts": 3}),
    quiet(
        "rst.administrative", "the program did it", before=IDLE3, moved={"Tcp.EstabResets": 3, "Tcp.OutRsts": 3, "TcpExt.TCPAbortOnData": 3}
    ),
    fires("half_open.peer_restarted", before=IDLE3, moved={"Tcp.EstabResets": 3}, at=PEER),
    fires("half_open.peer_restarted", "one", INFO, before=IDLE3[:1], moved={"Tcp.EstabResets": 1}),
    quiet("half_open.peer_restarted", "in use", before=[opened(0, last_data_recv_ms=5)], moved={"Tcp.EstabResets": 1}),
    quiet("half_open.peer_restarted", "EstabResets of timeouts", before=IDLE3, moved={"Tcp.EstabResets": 3, "TcpExt.TCPAbortOnTimeout": 3}),
    fires("half_open.peer_vanished", after=[opened(0, **STUCK)], at=PEER),
    fires("half_open.peer_vanished", "long", CRITICAL, after=[opened(0, **(STUCK | {"retransmits": 7}))]),
    quiet("half_open.peer_vanished", "too soon", after=[opened(0, **(STUCK | {"retransmits": 2}))]),
    quiet("half_open.peer_vanished", "a closed window", after=[opened(0, **(STUCK | {"timer": PERSIST}))]),
    quiet("half_open.peer_vanished", "the host answers elsewhere", after=[opened(0, **STUCK), opened(1, last_ack_recv_ms=50)]),
    fires("half_open.suspected", **both(opened(0, **STUCK), opened(1)), at=PEER),
    fires(
        "half_open.suspected",
        "for hours",
        INFO,
        **both(opened(1, last_ack_recv_ms=7_200_000, last_data_recv_ms=7_200_000, last_data_sent_ms=7_200_000)),
    ),
    quiet("half_open.suspected", "with keepalive", **both(opened(0, **STUCK), opened(1, timer=KEEPALIVE))),
    quiet("half_open.suspected", "a while", **both(opened(1))),
    fires("keepalive.unanswered", after=[opened(0, timer=KEEPALIVE, probes=3)], at=PEER),
    fires("keepalive.unanswered", "one probe", INFO, after=[opened(0, timer=KEEPALIVE, probes=1)]),
    fires(
        "keepalive.unanswered",
        "ended",
        before=[opened(0, timer=KEEPALIVE)],
        moved={"TcpExt.TCPKeepAlive": 3, "TcpExt.TCPAbortOnTimeout": 1, "Tcp.EstabResets": 1},
        at=PEER,
    ),
    quiet("keepalive.unanswered", "answered", after=[opened(0, timer=KEEPALIVE)], moved={"TcpExt.TCPKeepAlive": 3}),
    fires(
        "middlebox.idle_timeout",
        severity=CRITICAL,
        after=[opened(0, **(STUCK | {"last_ack_recv_ms": 60_000})), opened(1, last_ack_recv_ms=50)],
        at=PEER,
    ),
    quiet("middlebox.idle_timeout", "nobody else answers", after=[opened(0, **(STUCK | {"last_ack_recv_ms": 60_000}))]),
    quiet(
        "middlebox.idle_timeout", "was in use", after=[opened(0, **(STUCK | {"last_ack_recv_ms": 9_600})), opened(1, last_ack_recv_ms=50)]
    ),
    fires("middlebox.conntrack_full", severity=CRITICAL, gauges={"Conntrack.count": 97}, knobs={"nf_conntrack_max": "100"}),
    fires("middlebox.conntrack_full", "nearly", gauges={"Conntrack.count": 88}, knobs={"nf_conntrack_max": "100"}),
    quiet("middlebox.conntrack_full", "half", gauges={"Conntrack.count": 50}, knobs={"nf_conntrack_max": "100"}),
    fires("middlebox.nat_insert_failed", moved={"ConntrackStat.insert_failed": 3}),
    quiet("middlebox.nat_insert_failed", "full instead", moved={"ConntrackStat.drop": 3}),
]
