"""A link on the way takes smaller packets, and the ICMP that says so is filtered: small packets pass, large ones vanish."""

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
    title=msg("A path MTU black hole"),
    paragraph=msg(
        "The second cable takes packets of 1400 bytes, and the ICMP errors that would say so never come back. The handshake passes, "
        "because its packets are small; then each full-sized segment vanishes, however often it is sent again. Connections hang right "
        "after they were opened. Clamping the MSS, letting ICMP type 3 code 4 through, or tcp_mtu_probing=1 ends it."
    ),
    look=(
        msg("the handshake passes; the first full-sized segment is sent again and again"),
        msg("no ICMP at all"),
    ),
    behaviours=(Behaviour.MTU_BLACK_HOLE,),
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
    net = routed(world, delay="10ms", rate="50Mbit")
    net.far.toward(net.server).change(mtu_bytes=given.mtu)
    net.router.tells.discard(IcmpKind.PACKET_TOO_BIG)
    net.server.run(server)
    net.client.run(client, 200)


def verify(run: Run) -> None:
    """Nothing arrived, and the segment was repeated."""
    assert "received" not in run.results, run.results
    assert int(run.connections.client.run_max[0]) >= 5 and int(run.connections.icmp_count[0]) == 0


def verify_twin(run: Run) -> None:
    """A path as wide as the cable."""
    assert run.results == {"received": 200 * KILOBYTE}, run.results
