"""Many small objects over one connection and over six: why browsers open several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import server
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Six connections to one server"),
    paragraph=msg(
        "A page has two dozen objects of 30 kB. Over one connection they come one after the other, each request waiting a round trip for "
        "the answer before it. Browsers open up to six connections to a host, so six requests wait at the same time, and each connection "
        "has a congestion window of its own. That is quicker, and costs six handshakes, six slow starts, and a larger share of the link "
        "than others get. HTTP/2 asks for all objects at once on one connection instead."
    ),
    look=(
        msg("six handshakes at the same moment"),
        msg("the time of the whole page; with --set connections=1 it is several times as long"),
    ),
    behaviours=(Behaviour.PARALLEL_CONNECTIONS,),
    parameters={"connections": 6},
    twin={"connections": 1},
    lasts="1min",
)
OBJECTS, OBJECT_BYTES = 24, 30_000


async def serve(host: Process, conn: Conn) -> None:
    """One object for each request."""
    del host
    with conn:
        while await conn.recv():
            await conn.send_all(bytes(OBJECT_BYTES))


async def client(host: Process, connections: int) -> None:
    """Loads the page."""
    waiting = list(range(OBJECTS))
    loads = [host.spawn(load, waiting) for _ in range(connections)]
    for one in loads:
        await one
    host.world.results["took_ms"] = host.world.elapsed_ns // MILLISECOND_NS


async def load(host: Process, waiting: list[int]) -> None:
    """One connection: takes what is still waiting, one object after the other."""
    with await host.connect(SERVER, 80) as conn:
        while waiting:
            waiting.pop()
            await conn.send_all(b"GET /object HTTP/1.1")
            await conn.recv_exactly(OBJECT_BYTES)


def build(world: World, given: Given) -> None:
    """Two hosts 80 ms of round trip apart."""
    net = pair(world, delay="40ms", rate="50Mbit")
    net.server.run(server, serve)
    net.client.run(client, given.connections)


def verify(run: Run) -> None:
    """Four objects in a row on each connection."""
    assert run.connections.count == run.given.connections and run.results["took_ms"] < 800, run.results


def verify_twin(run: Run) -> None:
    """Two dozen round trips at the least."""
    assert run.connections.count == 1 and run.results["took_ms"] > OBJECTS * 80, run.results
