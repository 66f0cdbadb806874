"""A message written in two calls: Nagle waits for an ACK, and the receiver delays it."""

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
    title=msg("Nagle waits for a delayed ACK"),
    paragraph=msg(
        "The client writes each request in two calls, header and body. Nagle's algorithm holds the body back until the header is "
        "acknowledged; the server's kernel delays that ACK because its application has nothing to send yet. Each request takes some 40"
        " ms that the network does not need. TCP_NODELAY, or one call for the whole request, ends it."
    ),
    look=(
        msg("the body leaves at the very moment when the delayed ACK of the header arrives"),
        msg("with --set nodelay=yes header and body leave together"),
    ),
    behaviours=(Behaviour.NAGLE, Behaviour.DELAYED_ACK),
    findings=("latency.nagle_delayed_ack",),
    parameters={"nodelay": False},
    twin={"nodelay": True},
    lasts="1min",
)
REQUESTS = 40


async def server(host: Process) -> None:
    """Answers when a request is complete."""
    with await host.listen(80).accept() as conn:
        while await conn.recv_exactly(150):
            await conn.send_all(bytes(50))


async def client(host: Process, nodelay: bool) -> None:
    """Writes each request in two calls."""
    began_ns = host.now_ns
    with await host.connect(SERVER, 80, nodelay=int(nodelay)) as conn:
        for _ in range(REQUESTS):
            await conn.send_all(bytes(50))
            await conn.send_all(bytes(100))
            await conn.recv_exactly(50)
            await host.sleep("100us")
    host.world.results["took_ms"] = (host.now_ns - began_ns) // 1_000_000


def build(world: World, given: Given) -> None:
    """Two hosts a millisecond apart."""
    net = pair(world, delay="500us")
    net.server.run(server)
    net.client.run(client, given.nodelay)


def verify(run: Run) -> None:
    """Most requests waited for a delayed ACK."""
    assert int(run.connections.client.stalls[0]) >= REQUESTS // 2, int(run.connections.client.stalls[0])
    assert run.results["took_ms"] > 20 * REQUESTS, run.results


def verify_twin(run: Run) -> None:
    """Without Nagle a request takes little more than a round trip."""
    assert int(run.connections.client.stalls[0]) == 0 and run.results["took_ms"] < 3 * REQUESTS, run.results
