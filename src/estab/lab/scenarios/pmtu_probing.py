"""The ICMP is filtered, but the sender finds out by itself: after timeouts it tries smaller segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import routed
from estab.text import msg
from estab.wire.segment import IcmpKind

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Packetization-layer path MTU discovery"),
    paragraph=msg(
        "The same black hole, but the client runs with tcp_mtu_probing=1. After some retransmissions of the same full-sized segment "
        "without an answer it suspects the path, cuts its segments to tcp_base_mss, and they pass; from there it probes for larger "
        "sizes (RFC 4821). A transfer that would have hung takes a few seconds more."
    ),
    look=(
        msg("repetitions of a full-sized segment, then the same bytes in smaller ones"),
        msg("the transfer completes, with no ICMP at all"),
    ),
    behaviours=(Behaviour.MTU_PROBING,),
    findings=("path.pmtu_black_hole",),
    parameters={"mtu": 1400},
    twin={"mtu": 1500},
    lasts="1min",
)
FAR_SERVER = "203.0.113.9"
KILOBYTE = 1 << 10


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process, kilobytes: int) -> None:
    """Sends it all and closes."""
    try:
        with await host.connect(FAR_SERVER, 80) as conn:
            await conn.send_all(bytes(kilobytes * KILOBYTE))
            conn.shutdown()
            await conn.recv_all()
    except CallError as problem:
        host.world.results["error"] = problem.strerror


def build(world: World, given: Given) -> None:
    """The server's cable takes smaller packets than the client's."""
    net = routed(world, delay="10ms", rate="50Mbit", client={"tcp_mtu_probing": 1})
    net.far.toward(net.server).change(mtu_bytes=given.mtu)
    net.router.tells.discard(IcmpKind.PACKET_TOO_BIG)
    net.server.run(server)
    net.client.run(client, 200)


def verify(run: Run) -> None:
    """It arrived after timeouts, in segments that fit."""
    assert run.results == {"received": 200 * KILOBYTE}, run.results
    assert run.host("client").counter("TcpExt.TCPTimeouts") >= 2 and int(run.connections.icmp_count[0]) == 0


def verify_twin(run: Run) -> None:
    """A path as wide as the cable needs no timeout."""
    assert run.results == {"received": 200 * KILOBYTE} and run.host("client").counter("TcpExt.TCPTimeouts") == 0
