"""Closings and TIME-WAIT: for each code a case in which it is found, and near misses."""

from __future__ import annotations

from estab.machine.states import State
from tests.host_rules.builders import (
    CRITICAL,
    INFO,
    RETRANSMIT,
    SMALL,
    in_state,
    waits,
)
from tests.host_rules.snapshots import PEER, accepted, both, fires, listener, opened, quiet

CASES = [
    fires("close.close_wait_leak", severity=CRITICAL, **both(listener(), *in_state(State.CLOSE_WAIT, 6)), at=("10.0.0.1", 80)),
    fires("close.close_wait_leak", "three", **both(listener(), *in_state(State.CLOSE_WAIT, 3))),
    fires("close.close_wait_leak", "one, young", INFO, **both(listener(), *in_state(State.CLOSE_WAIT, 1))),
    fires("close.close_wait_leak", "one, old", **both(listener(), *in_state(State.CLOSE_WAIT, 1, last_ack_recv_ms=90_000))),
    quiet(
        "close.close_wait_leak",
        "a half-close in use",
        before=[listener(), *in_state(State.CLOSE_WAIT, 6)],
        after=[listener(), *in_state(State.CLOSE_WAIT, 6, bytes_sent=90_000)],
    ),
    quiet(
        "close.close_wait_leak",
        "in passing",
        before=[listener(), *in_state(State.ESTABLISHED, 6)],
        after=[listener(), *in_state(State.CLOSE_WAIT, 6)],
    ),
    fires("close.fin_wait2_stuck", **both(listener(), *in_state(State.FIN_WAIT_2, 10)), at=("10.0.0.1", 80)),
    fires("close.fin_wait2_stuck", "orphans", INFO, **both(listener(), *in_state(State.FIN_WAIT_2, 10, timer=SMALL, inode=0))),
    quiet("close.fin_wait2_stuck", "one, young", **both(listener(), *in_state(State.FIN_WAIT_2, 1))),
    quiet(
        "close.fin_wait2_stuck",
        "an answer still comes",
        before=[listener(), *in_state(State.FIN_WAIT_2, 10)],
        after=[listener(), *in_state(State.FIN_WAIT_2, 10, bytes_received=9_000)],
    ),
    fires("close.fin_wait1_pile", after=in_state(State.FIN_WAIT_1, 3, timer=RETRANSMIT, retransmits=2), at=PEER),
    fires("close.fin_wait1_pile", "one", INFO, after=in_state(State.FIN_WAIT_1, 1, timer=RETRANSMIT, retransmits=2)),
    quiet("close.fin_wait1_pile", "in passing", after=in_state(State.FIN_WAIT_1, 3)),
    fires("close.last_ack_pile", after=in_state(State.LAST_ACK, 3, timer=RETRANSMIT, retransmits=2), at=PEER),
    quiet("close.last_ack_pile", "in passing", after=in_state(State.LAST_ACK, 3)),
    fires("close.closing_pile", after=in_state(State.CLOSING, 3, timer=RETRANSMIT, retransmits=2), at=PEER),
    quiet("close.closing_pile", "in passing", after=in_state(State.CLOSING, 3)),
    fires("loss.fin_retransmitted", severity=INFO, after=[opened(0, State.FIN_WAIT_1, total_retrans=1)]),
    quiet("loss.fin_retransmitted", "sent once", after=[opened(0, State.FIN_WAIT_1)]),
    fires("close.orphan_limit", severity=CRITICAL, gauges={"Sockstat.TCP.orphan": 60}, knobs={"tcp_max_orphans": "100"}),
    fires("close.orphan_limit", "near", gauges={"Sockstat.TCP.orphan": 30}, knobs={"tcp_max_orphans": "100"}),
    quiet("close.orphan_limit", "far", gauges={"Sockstat.TCP.orphan": 20}, knobs={"tcp_max_orphans": "100"}),
    fires("timewait.pileup", severity=INFO, after=[listener(), *waits(120)], at=("10.0.0.1", 80)),
    quiet("timewait.pileup", "few", after=[listener(), *waits(50)]),
    quiet(
        "timewait.pileup",
        "FIN-WAIT-2 that sockstat counts as well",
        after=[listener(), *in_state(State.FIN_WAIT_2, 120, timer=SMALL, inode=0)],
        gauges={"Sockstat.TCP.tw": 120},
    ),
    fires("timewait.bucket_overflow", severity=CRITICAL, moved={"TcpExt.TCPTimeWaitOverflow": 1}),
    fires("timewait.bucket_overflow", "near", gauges={"Sockstat.TCP.tw": 95}, knobs={"tcp_max_tw_buckets": "100"}),
    quiet(
        "timewait.bucket_overflow",
        "TWKilled is no error",
        moved={"TcpExt.TWKilled": 50},
        gauges={"Sockstat.TCP.tw": 50},
        knobs={"tcp_max_tw_buckets": "100"},
    ),
    fires(
        "timewait.stale_tuple",
        before=[listener(), accepted(0, cookie=7)],
        after=[listener(), accepted(0, cookie=8)],
        moved={"TcpExt.TCPSYNChallenge": 1},
        at=("10.0.0.1", 80),
    ),
    quiet(
        "timewait.stale_tuple",
        "another tuple",
        before=[listener(), accepted(0, cookie=7)],
        after=[listener(), accepted(1, cookie=8)],
        moved={"TcpExt.TCPSYNChallenge": 1},
    ),
    fires("timewait.syn_collision", moved={"TcpExt.PAWSTimewait": 3}),
    fires("timewait.syn_collision", "one", INFO, moved={"TcpExt.PAWSTimewait": 1}),
    quiet("timewait.syn_collision", "in an open connection", moved={"TcpExt.PAWSEstab": 3}),
    fires("timewait.assassination", before=[listener(), *waits(3)], after=[listener()], knobs={"tcp_rfc1337": "0"}),
    quiet("timewait.assassination", "ended in time", before=[listener(), *waits(3, 4_000)], after=[listener()], knobs={"tcp_rfc1337": "0"}),
    quiet(
        "timewait.assassination",
        "recycled",
        before=[listener(), *waits(3)],
        after=[listener()],
        moved={"TcpExt.TWRecycled": 3},
        knobs={"tcp_rfc1337": "0"},
    ),
    quiet("timewait.assassination", "RSTs do nothing", before=[listener(), *waits(3)], after=[listener()], knobs={"tcp_rfc1337": "1"}),
]
