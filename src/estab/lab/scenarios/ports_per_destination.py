"""Ports bound connections to one destination, not connections altogether."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Ports count for each destination"),
    paragraph=msg(
        "A client may use twenty source ports. It opens twenty connections to one server and cannot open one more there: EADDRNOTAVAIL. "
        "Yet it opens twenty more to another server from the same ports, because a connection is its four-tuple. A machine is not limited "
        "to 65,535 connections: ports bound those to one address and port; files and memory bound the rest."
    ),
    look=(
        msg("the same source port towards two servers at the same time"),
        msg("EADDRNOTAVAIL without a packet on the wire"),
    ),
    behaviours=(Behaviour.PORTS_PER_DESTINATION,),
    parameters={"ports": 20},
    lasts="1min",
)
OTHER = "10.0.0.3"


async def server(host: Process) -> None:
    """Accepts and keeps."""
    listener = host.listen(80)
    while True:
        host.spawn(keep, await listener.accept())


async def keep(host: Process, conn: Conn) -> None:
    """Waits for the end."""
    del host
    with conn:
        await conn.recv_all()


async def client(host: Process, ports: int) -> None:
    """As many connections to each server as it gets."""
    for address in (SERVER, OTHER):
        for count in range(ports + 5):
            try:
                await host.connect(address, 80)
            except CallError as problem:
                host.world.results[address] = f"{count}, then {problem.strerror}"
                break


def build(world: World, given: Given) -> None:
    """A client and a server on one cable, which has a second address."""
    net = pair(world, client={"ip_local_port_range": (50_000, 50_000 + given.ports - 1)})
    net.server.addresses += (OTHER,)
    net.server.run(server)
    net.client.run(client, given.ports)


def verify(run: Run) -> None:
    """As many as there are ports, twice."""
    said = f"{run.given.ports}, then EADDRNOTAVAIL"
    assert run.results == {SERVER: said, OTHER: said}, run.results
    assert run.connections.count == 2 * run.given.ports
