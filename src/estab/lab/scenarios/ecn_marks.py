"""The queue marks packets instead of dropping them: the sender slows down and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("ECN: marks instead of losses"),
    paragraph=msg(
        "Both hosts have agreed on ECN in the handshake. When the queue of the slow link grows, it marks packets (CE); the receiver "
        "echoes that (ECE) until the sender says that it has slowed down (CWR) (RFC 3168). The sender learns of congestion without a "
        "single loss."
    ),
    look=(
        msg("ECE and CWR in SYN, ECE in SYN-ACK"),
        msg("ECE in ACKs, then CWR in the next data"),
    ),
    behaviours=(Behaviour.ECN,),
    parameters={"mark_bytes": 30000},
    lasts="1min",
)
KILOBYTE = 1 << 10


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process, kilobytes: int) -> None:
    """Sends it all and closes."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(bytes(kilobytes * KILOBYTE))


def build(world: World, given: Given) -> None:
    """A bottleneck that marks."""
    knobs = {"tcp_ecn": 1}
    net = pair(world, delay="10ms", rate="10Mbit", mark_bytes=given.mark_bytes, client=knobs, server=knobs)
    net.server.run(server)
    net.client.run(client, 4000)


def verify(run: Run) -> None:
    """Marks were echoed and answered, and nothing was sent twice."""
    client, server_side = run.connections.client, run.connections.server
    assert run.results["received"] == 4000 * KILOBYTE, run.results
    assert int(server_side.ece_packets[0]) > 1 and int(client.cwr_packets[0]) > 1
    assert run.host("client").counter("Tcp.RetransSegs") == 0
