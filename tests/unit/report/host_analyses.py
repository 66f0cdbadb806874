"""A host that leaks sockets in CLOSE-WAIT, read twice, for the tests of reports."""

from __future__ import annotations

import pathlib
from typing import Any

from estab.diagnose.host_facts import HostFacts
from estab.diagnose.host_run import diagnose_host
from estab.flow import Endpoint
from estab.instant import SECOND_NS
from estab.machine.states import State
from estab.one_pass import analyse
from estab.report.model import CapturedPackets, HostAnalysis
from estab.snapshot import HostSnapshot, Owner, SocketSnapshot, TcpInfo
from estab.snapshot_table import socket_table

NGINX = Owner(pid=77, command="worker", descriptor=5, started_ns=SECOND_NS)


def leaking(number: int, age_s: int) -> SocketSnapshot:
    """A socket whose peer closed so many seconds ago."""
    info = TcpInfo(state=State.CLOSE_WAIT, last_ack_recv_ms=age_s * 1000, last_data_recv_ms=age_s * 1000)
    return SocketSnapshot(
        local=Endpoint("10.0.0.1", 80), remote=Endpoint("10.0.0.9", 40_000 + number), state=State.CLOSE_WAIT,
        cookie=number + 1, inode=number + 1, recv_queue=1, info=info,
    )  # fmt: skip


def reading(second: int, sockets: int) -> HostSnapshot:
    listener = SocketSnapshot(
        local=Endpoint("0.0.0.0", 80), remote=Endpoint("0.0.0.0", 0), state=State.LISTEN, send_queue=128, inode=900, cookie=900
    )
    table = socket_table([listener, *(leaking(number, 600 + second) for number in range(sockets))])
    return HostSnapshot(
        taken_ns=(11524 + second) * SECOND_NS,
        counters={"Tcp.CurrEstab": sockets, "Tcp.PassiveOpens": sockets},
        knobs={},
        sockets=table,
        owners=dict.fromkeys((900, *range(1, sockets + 1)), (NGINX,)),
        kernel="6.1.0",
        unseen={"qdiscs": "queues of interfaces: no answer"},
    )


def leak_analysis(
    *, partial: bool = False, sockets: int = 30, netns: str = "", pid: int | None = None, packets: CapturedPackets | None = None
) -> HostAnalysis:
    """The leak, diagnosed."""
    facts = HostFacts(reading(0, sockets), reading(5, sockets))
    return HostAnalysis(facts=facts, diagnosis=diagnose_host(facts), packets=packets, netns=netns, pid=pid, partial=partial)


def captured(**more: Any) -> CapturedPackets:
    """Packets of an interface: those of a capture with other connections."""
    capture = pathlib.Path(__file__).parents[2] / "data" / "captures" / "close_wait_leak.client.pcap"
    return CapturedPackets(interface="eth7", analysis=analyse([capture]), **more)
