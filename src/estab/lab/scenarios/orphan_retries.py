"""Closed sockets whose peers are gone: their FIN is repeated for a while, and then the kernel forgets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import SECOND_NS
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
    title=msg("Orphans in FIN-WAIT-1"),
    paragraph=msg(
        "The server's power fails, and the client closes its connections. No process owns them any more, but their FIN is not "
        "acknowledged: they stay in FIN-WAIT-1 as orphans while the kernel repeats it, tcp_orphan_retries times (0 means 8), about 100 s. "
        "No program is hurt, only memory is held; with many orphans (tcp_max_orphans) the kernel cuts it short."
    ),
    look=(
        msg("the FIN again and again, at doubling intervals"),
        msg("FIN-WAIT-1 in the client's table, owned by no process"),
        msg("with --set client.tcp_orphan_retries=2 they are gone after seconds"),
    ),
    behaviours=(Behaviour.ORPHAN_RETRIES,),
    findings=("close.fin_wait1_pile",),
    parameters={"dies": True, "clients": 6},
    twin={"dies": False},
    lasts="4min",
)


async def client(host: Process, clients: int) -> None:
    """Opens connections, asks once on each, and closes them when the server is gone."""
    conns = [await host.connect(SERVER, 80) for _ in range(clients)]
    for conn in conns:
        await conn.send_all(b"question")
        await conn.recv()
    await host.sleep("10s")
    for conn in conns:
        conn.close()
    began_ns = host.now_ns
    await host.sleep("1s")
    host.world.results["orphans"] = [entry.state.label for entry in host.host.sockets()]
    while any(entry.state is State.FIN_WAIT_1 for entry in host.host.sockets()):
        await host.sleep("1s")
    host.world.results["gone after s"] = (host.now_ns - began_ns) // SECOND_NS


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; the server's power fails at 5 s."""
    net = pair(world)
    net.server.run(server)
    net.client.run(client, given.clients)
    if given.dies:
        world.at("5s", net.server.power_off)


def verify(run: Run) -> None:
    """They were in FIN-WAIT-1, and given up after about 100 s."""
    assert run.results["orphans"] == ["FIN-WAIT-1"] * run.given.clients and 90 <= run.results["gone after s"] <= 110, run.results


def verify_twin(run: Run) -> None:
    """A living server acknowledges."""
    assert run.results["orphans"] == ["TIME-WAIT"] * run.given.clients and run.results["gone after s"] <= 1, run.results
