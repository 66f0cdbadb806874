"""Short connections to one address and port use up the ephemeral ports: connect() fails with EADDRNOTAVAIL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import serve
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Out of ephemeral ports"),
    paragraph=msg(
        "A client opens a new connection for each request and closes it first, so that each leaves TIME-WAIT on a port of its own for "
        "60 s. With tcp_tw_reuse = 0 and a small ip_local_port_range all ports towards this one server are soon taken, and connect() "
        "fails with EADDRNOTAVAIL before any packet leaves. Other destinations still work: ports are counted for each pair of "
        "addresses and destination port. Keep connections open and use them again."
    ),
    look=(
        msg("the client's table is full of TIME-WAIT to one destination"),
        msg("the failing calls leave nothing in the capture: only the application and ss know"),
        msg("another port of the same server can be reached at once"),
    ),
    behaviours=(Behaviour.PORTS_EXHAUSTED,),
    parameters={"ports": 200, "requests": 250},
    lasts="2min",
)


async def server(host: Process, number: int) -> None:
    """Answers one question on each connection."""
    listener = host.listen(number)
    while True:
        host.spawn(serve, await listener.accept())


async def client(host: Process, requests: int) -> None:
    """A new connection for each request, one after the other."""
    told = host.world.results
    for number in range(requests):
        told["requests"] = number
        try:
            await ask(host, 80)
        except CallError as problem:
            told["connect()"] = problem.strerror
            break
    await ask(host, 8080)
    told["another port"] = "answered"


async def ask(host: Process, number: int) -> None:
    """One short connection."""
    with await host.connect(SERVER, number) as conn:
        await conn.send_all(b"question")
        await conn.recv()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; the client may use few ports."""
    net = pair(world, delay="1ms", client={"ip_local_port_range": (50_000, 50_000 + given.ports - 1), "tcp_tw_reuse": 0})
    net.server.run(server, 80)
    net.server.run(server, 8080)
    net.client.run(client, given.requests)


def verify(run: Run) -> None:
    """As many connections as ports, then EADDRNOTAVAIL, and another destination works."""
    assert run.results["connect()"] == "EADDRNOTAVAIL" and run.results["another port"] == "answered", run.results
    assert run.results["requests"] == run.given.ports, run.results
