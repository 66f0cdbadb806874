"""A connection for each request, against one for all: what opening costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import server
from estab.lab.stage import SERVER, pair
from estab.machine.states import State
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A connection for each request"),
    paragraph=msg(
        "The client opens a connection for every request: one round trip for the handshake, one for the request, and at the end a "
        "TIME-WAIT that holds a port for a minute. With one connection for all (HTTP keep-alive, --set per_connection=60) each request "
        "takes one round trip, and the congestion window need not begin anew. The server sees the same requests either way."
    ),
    look=(
        msg("two round trips for each request, and a third of all segments carry data"),
        msg("the client's table: a TIME-WAIT for each request of the last minute"),
    ),
    behaviours=(Behaviour.SHORT_CONNECTIONS,),
    parameters={"per_connection": 1, "requests": 60},
    twin={"per_connection": 60},
    lasts="1min",
)


async def client(host: Process, given: Given) -> None:
    """All requests, so many on each connection."""
    began_ns = host.now_ns
    for _ in range(given.requests // given.per_connection):
        with await host.connect(SERVER, 80) as conn:
            for _ in range(given.per_connection):
                await conn.send_all(b"question")
                await conn.recv()
    host.world.results["took_ms"] = (host.now_ns - began_ns) // MILLISECOND_NS
    host.world.results["TIME-WAIT"] = sum(entry.state is State.TIME_WAIT for entry in host.host.sockets())


def build(world: World, given: Given) -> None:
    """Two hosts 40 ms of round trip apart."""
    net = pair(world, delay="20ms")
    net.server.run(server)
    net.client.run(client, given)


def verify(run: Run) -> None:
    """Two round trips a request."""
    assert 80 * run.given.requests <= run.results["took_ms"] < 82 * run.given.requests, run.results
    assert run.results["TIME-WAIT"] >= run.given.requests - 2 and run.connections.count == run.given.requests, run.results


def verify_twin(run: Run) -> None:
    """One round trip a request, and one for the handshake."""
    assert run.results["took_ms"] < 42 * (run.given.requests + 1) and run.connections.count == 1, run.results
