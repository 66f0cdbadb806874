"""A slow link with a very long queue: nothing is lost, and every packet waits behind all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS
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
        "A transfer fills the queue in front of a slow link. The queue has room for a thousand packets, so none is lost and a sender that "
        "waits for losses never learns that it sends too much. The round-trip time grows from 20 ms to hundreds, for this connection and "
        "for all others on the link: a program that asks a short question ten times a second waits as long. A shorter or a managed queue "
        "ends it, or a sender that goes by the delay (--set algorithm=bbr)."
    ),
    look=(
        msg("the time from a segment to its ACK grows and grows, with no loss"),
        msg("what the short questions had to wait at the most"),
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


async def echo(host: Process) -> None:
    """Answers short questions."""
    with await host.listen(7).accept() as conn:
        while question := await conn.recv():
            await conn.send_all(question)


async def client(host: Process, kilobytes: int) -> None:
    """Sends it all and closes."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(bytes(kilobytes * KILOBYTE))


async def asks(host: Process) -> None:
    """A short question ten times a second, while the transfer lasts."""
    longest_ns = 0
    with await host.connect(SERVER, 7) as conn:
        for _ in range(40):
            began_ns = host.now_ns
            await conn.send_all(b"are you there?")
            await conn.recv()
            longest_ns = max(longest_ns, host.now_ns - began_ns)
            await host.sleep("100ms")
    host.world.results["question waited ms"] = longest_ns // MILLISECOND_NS


def build(world: World, given: Given) -> None:
    """A bottleneck of 10 Mbit/s whose queue is long."""
    net = pair(world, delay="10ms", rate="10Mbit", queue_packets=given.queue, client={"tcp_congestion_control": given.algorithm})
    net.server.run(server)
    net.server.run(echo)
    net.client.run(client, 5000)
    net.client.run(asks)


def verify(run: Run) -> None:
    """Round trips many times as long as the path's, without a loss, for the bystander as well."""
    row = int(run.connections.client.payload_bytes.argmax())
    longest_ns, shortest_ns = int(run.connections.client.rtt_max_ns[row]), int(run.connections.client.rtt_min_ns[row])
    assert run.results["received"] == 5000 * KILOBYTE and run.results["question waited ms"] > 200, run.results
    assert longest_ns > 10 * shortest_ns and int(run.connections.client.retransmits[row]) == 0, (longest_ns, shortest_ns)


def verify_twin(run: Run) -> None:
    """BBR does not fill the queue."""
    assert run.results["received"] == 5000 * KILOBYTE and run.results["question waited ms"] < 100, run.results
