"""A scanner sends one SYN to each port and sorts the answers: open, closed, filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.actors.raw import RawActor
from estab.lab.actors.scanner import PortScanner, PortState
from estab.lab.behaviours import Behaviour
from estab.lab.match import port
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import routed
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A port scan"),
    paragraph=msg(
        "A scanner sends one SYN to each of many ports. RST: nobody listens. SYN-ACK: a service, and the scanner answers with RST, so "
        "that accept() never sees it. Silence: a filter. One host that asks for many ports and finishes no handshake is no client."
    ),
    look=(
        msg("one source, hundreds of destination ports, no data"),
        msg("the open port's handshake ends with the scanner's RST: the server goes from SYN-RECEIVED back to LISTEN"),
        msg("the filtered port says nothing at all"),
    ),
    behaviours=(Behaviour.PORT_SCAN,),
    findings=("attack.port_scan",),
    parameters={"ports": 300},
    twin={"ports": 0},
    tap="server",
    lasts="30s",
)


async def server(host: Process) -> None:
    """Serves one connection after the other."""
    listener = host.listen(80)
    while True:
        with await listener.accept() as conn:
            await conn.recv_all()
            host.world.results["served"] = host.world.results.get("served", 0) + 1


async def client(host: Process) -> None:
    """A client as any other."""
    with await host.connect("203.0.113.9", 80) as conn:
        await conn.send_all(b"question")


def build(world: World, given: Given) -> None:
    """Client, scanner and server at one router, which drops port 22 in silence."""
    net = routed(world)
    attacker = RawActor(world, "scanner", "10.0.66.6")
    world.link(attacker, net.router)
    net.router.refuse(port(22))
    net.server.run(server)
    net.client.run(client)
    scanner = PortScanner(attacker, "203.0.113.9")
    scanner.start(range(1, given.ports + 1), rate=100)
    world.results["found"] = scanner.found


def verify(run: Run) -> None:
    """The scanner learnt what there is, and the server's application only saw the client."""
    found = run.results["found"]
    assert found[80] is PortState.OPEN and found[22] is PortState.SILENT
    assert sum(state is PortState.CLOSED for state in found.values()) == run.given.ports - 2
    assert run.results["served"] == 1 and run.host("server").counter("Tcp.PassiveOpens") == 1


def verify_twin(run: Run) -> None:
    """The client alone."""
    assert run.results["served"] == 1
