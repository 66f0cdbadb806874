"""tcp_tw_reuse lets a client take a port in TIME-WAIT again after a second, because timestamps tell old from new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import server
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("tcp_tw_reuse: ports in TIME-WAIT are taken again"),
    paragraph=msg(
        "The same client as in port_exhaustion with few ports, but tcp_tw_reuse is 1 and both ends use timestamps. A port that has "
        "been in TIME-WAIT for more than a second may be taken again for an outgoing connection: the new SYN's timestamp is later "
        "than anything of the old connection, so old segments are recognised. It helps only the end that connects; a server that "
        "closes first gains nothing by it."
    ),
    look=(
        msg("the same four-tuple again within 60 s, with a larger timestamp and a new sequence number"),
        msg("TcpExt.TWRecycled on the client counts the ports that were taken again"),
        msg("no RST and no waiting SYN"),
    ),
    behaviours=(Behaviour.TIME_WAIT_REUSE,),
    parameters={"ports": 20, "requests": 60},
    lasts="2min",
)


async def client(host: Process, requests: int) -> None:
    """A new connection for each request, ten in a second."""
    answered = 0
    for _ in range(requests):
        with await host.connect(SERVER, 80) as conn:
            await conn.send_all(b"question")
            answered += await conn.recv() == b"answer"
        await host.sleep("200ms")
    host.world.results["answered"] = answered


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; the client may use few ports."""
    net = pair(world, delay="1ms", client={"ip_local_port_range": (50_000, 50_000 + given.ports - 1), "tcp_tw_reuse": 1})
    net.server.run(server)
    net.client.run(client, given.requests)


def verify(run: Run) -> None:
    """More connections than ports, in less than 60 s."""
    assert run.results.get("answered") == run.given.requests, run.results
    assert run.host("client").counter("TcpExt.TWRecycled") >= run.given.requests - run.given.ports
    assert run.host("client").counter("TcpExt.TCPSynRetrans") == 0
