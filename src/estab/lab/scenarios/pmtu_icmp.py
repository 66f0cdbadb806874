"""A link on the way takes smaller packets: its router says how large, and the sender cuts its segments smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import routed
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Path MTU discovery with ICMP"),
    paragraph=msg(
        "The second cable takes packets of 1400 bytes, the client's takes 1500. Packets may not be fragmented (DF), so the router "
        "drops the first full-sized ones and tells by ICMP what fits; the client believes it, cuts its segments smaller and goes on "
        "after one round trip to the router (RFC 1191)."
    ),
    look=(
        msg("ICMP type 3 code 4 with the MTU of the next hop"),
        msg("the same bytes again in smaller segments"),
    ),
    behaviours=(Behaviour.MTU_BY_ICMP,),
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
    net = routed(world, delay="10ms", rate="50Mbit")
    net.far.toward(net.server).change(mtu_bytes=given.mtu)
    net.server.run(server)
    net.client.run(client, 200)


def verify(run: Run) -> None:
    """The client was told, and everything arrived without a timeout."""
    assert run.results == {"received": 200 * KILOBYTE}, run.results
    assert int(run.connections.icmp_mtu[0]) == run.given.mtu
    assert run.host("client").counter("TcpExt.TCPTimeouts") == 0


def verify_twin(run: Run) -> None:
    """Where the path is as wide as the cable nobody says anything."""
    assert run.results == {"received": 200 * KILOBYTE} and int(run.connections.icmp_count[0]) == 0
