"""A slow link with a very long queue: nothing is lost, and every packet waits behind all the others."""

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
    title=msg("Bufferbloat"),
    paragraph=msg(
        "A transfer fills the queue in front of a slow link. The queue has room for a thousand packets, so none is lost and the sender"
        " never learns that it sends too much; the round-trip time grows from 20 ms to hundreds of them, for this connection and for "
        "all others on the link. A shorter or a managed queue, or ECN, ends it."
    ),
    look=(
        msg("the time from a segment to its ACK grows and grows, with no loss"),
        msg("with --set queue=20 round trips stay short"),
    ),
    behaviours=(Behaviour.BUFFERBLOAT,),
    findings=("latency.bufferbloat",),
    parameters={"queue": 1000, "algorithm": "cubic"},
    twin={"algorithm": "bbr"},
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
    """A bottleneck of 10 Mbit/s whose queue is long."""
    net = pair(world, delay="10ms", rate="10Mbit", queue_packets=given.queue, client={"tcp_congestion_control": given.algorithm})
    net.server.run(server)
    net.client.run(client, 5000)


def verify(run: Run) -> None:
    """Round trips many times as long as the path's, without a loss."""
    client = run.connections.client
    assert run.results["received"] == 5000 * KILOBYTE, run.results
    assert int(client.rtt_max_ns[0]) > 10 * int(client.rtt_min_ns[0]), int(client.rtt_max_ns[0])
    assert int(client.retransmits[0]) == 0


def verify_twin(run: Run) -> None:
    """BBR does not fill the queue."""
    client = run.connections.client
    assert run.results["received"] == 5000 * KILOBYTE, run.results
    assert int(client.rtt_max_ns[0]) < 10 * int(client.rtt_min_ns[0]), int(client.rtt_max_ns[0])
