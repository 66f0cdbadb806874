"""Openings: for each code a case in which it is found, and near misses."""

from __future__ import annotations

from typing import Any

from estab.snapshot import TcpOption
from tests.host_rules.builders import CRITICAL, FAKE, FULL, INFO, half, trying
from tests.host_rules.snapshots import PEER, accepted, both, fires, listener, opened, quiet, sock

REFUSED = {"Tcp.ActiveOpens": 5, "Tcp.AttemptFails": 5}
REJECTED = {"Tcp.ActiveOpens": 3, "Tcp.AttemptFails": 3, "Icmp.InDestUnreachs": 3}
OVERFLOW = {"TcpExt.ListenOverflows": 3}
ABORTS = {"tcp_abort_on_overflow": "1"}
COOKIES = {"TcpExt.TCPReqQFullDoCookies": 9, "TcpExt.SyncookiesSent": 9, "TcpExt.SyncookiesRecv": 9}
DROPS = {"TcpExt.TCPReqQFullDrop": 9, "TcpExt.ListenDrops": 9, "Tcp.PassiveOpens": 9}
WORKED: dict[str, Any] = FAKE | {"bytes_acked": 500}

CASES = [
    fires("handshake.refused", moved=REFUSED),
    fires("handshake.refused", "few among many", INFO, moved={"Tcp.ActiveOpens": 100, "Tcp.AttemptFails": 4}),
    quiet("handshake.refused", "timed out", moved=REFUSED | {"TcpExt.TCPAbortOnTimeout": 5}),
    quiet("handshake.refused", "embryonic resets of a server", moved={"Tcp.AttemptFails": 5, "TcpExt.EmbryonicRsts": 5}),
    fires("handshake.rejected_icmp", moved=REJECTED),
    quiet("handshake.rejected_icmp", "written by this host", moved=REJECTED | {"Icmp.OutDestUnreachs": 3}),
    fires("handshake.filtered", after=trying(1), at=(PEER, 443)),
    fires("handshake.filtered", "one repetition", INFO, after=trying(1, retries=1)),
    fires("handshake.filtered", "gave up", before=trying(2), moved={"Tcp.AttemptFails": 2, "TcpExt.TCPAbortOnTimeout": 2}),
    quiet("handshake.filtered", "just begun", after=trying(3, retries=0)),
    fires("handshake.return_path_blocked", after=[listener(), *half(3)], at=("10.0.0.1", 80)),
    fires("handshake.return_path_blocked", "of many sources", INFO, after=[listener(), *half(5, spread=True)]),
    quiet("handshake.return_path_blocked", "the queue is full", after=[FULL, *half(3)], moved=OVERFLOW),
    fires("handshake.accept_queue_overflow", "fires", CRITICAL, after=[FULL], moved=OVERFLOW, at=("0.0.0.0", 80)),
    fires("handshake.accept_queue_overflow", "full for long", **both(FULL)),
    fires(
        "handshake.accept_queue_overflow", "emptied since", CRITICAL, before=[listener(recv_queue=100)], after=[listener()], moved=OVERFLOW
    ),
    quiet("handshake.accept_queue_overflow", "full for a moment", before=[listener()], after=[FULL]),
    quiet("handshake.accept_queue_overflow", "has room", **both(listener(recv_queue=128))),
    fires("handshake.abort_on_overflow", "fires", CRITICAL, after=[FULL], moved=OVERFLOW | {"TcpExt.EmbryonicRsts": 3}, knobs=ABORTS),
    quiet("handshake.abort_on_overflow", "by cookies nobody is reset", after=[FULL], moved=OVERFLOW, knobs=ABORTS),
    fires("handshake.fake_established", after=[opened(0, **FAKE), opened(1, **FAKE)], moved={"TcpExt.TCPSYNChallenge": 1}, at=(PEER, 443)),
    quiet("handshake.fake_established", "had worked", after=[opened(0, **WORKED), opened(1, **WORKED)]),
    fires("handshake.syn_queue_full", "fires", CRITICAL, after=[listener(), *half(8)], moved=DROPS),
    fires("handshake.syn_queue_full", "by tcp_max_syn_backlog", CRITICAL, after=[listener(), *half(8)], moved={"TcpExt.ListenDrops": 9}),
    fires("handshake.syn_queue_full", "with cookies", INFO, after=[listener()], moved=COOKIES),
    quiet("handshake.syn_queue_full", "a full accept queue", after=[FULL], moved={"TcpExt.ListenDrops": 9, "TcpExt.ListenOverflows": 9}),
    fires(
        "handshake.syncookie_side_effects",
        "fires",
        INFO,
        after=[listener(), accepted(options=TcpOption.SACK)],
        moved={"TcpExt.SyncookiesRecv": 1},
    ),
    quiet("handshake.syncookie_side_effects", "with timestamps", after=[listener(), accepted()], moved={"TcpExt.SyncookiesRecv": 1}),
    fires("handshake.defer_accept_stall", "fires", INFO, after=[listener(), *half(1)], moved={"TcpExt.TCPDeferAcceptDrop": 1}),
    quiet("handshake.defer_accept_stall", "overflow", after=[listener(), *half(1)], moved=OVERFLOW | {"TcpExt.TCPDeferAcceptDrop": 1}),
    fires("handshake.syn_sent_pile", after=trying(25), at=(PEER, 443)),
    quiet("handshake.syn_sent_pile", "few", after=trying(5)),
    quiet("handshake.syn_sent_pile", "just begun", after=trying(25, retries=0)),
    fires("handshake.self_connect", after=[sock(local="127.0.0.1:45678", remote="127.0.0.1:45678")], at=("127.0.0.1", 45678)),
    quiet("handshake.self_connect", "two ports", after=[sock(local="127.0.0.1:45678", remote="127.0.0.1:45679")]),
]
