"""An old duplicate kills TIME-WAIT: its ACK meets nobody, and the RST that answers ends the wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.actors.replay import OldDuplicate
from estab.lab.behaviours import Behaviour
from estab.lab.match import DATA
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("TIME-WAIT assassination"),
    paragraph=msg(
        "The client is in TIME-WAIT and the server has forgotten the connection. An old segment of the server arrives late. The client "
        "acknowledges what it knows, as TIME-WAIT must; that ACK meets no connection at the server, which answers with RST; and the RST "
        "ends TIME-WAIT long before its time (RFC 1337). From then on nothing protects a new connection from other old segments. With "
        "tcp_rfc1337 = 1 the client ignores RSTs in TIME-WAIT."
    ),
    look=(
        msg("the old segment, the client's ACK, the server's RST"),
        msg("the client's TIME-WAIT is gone after ten seconds instead of sixty"),
    ),
    behaviours=(Behaviour.TIME_WAIT_ASSASSINATION,),
    parameters={"rfc1337": 0},
    twin={"rfc1337": 1},
    lasts="2min",
)


async def server(host: Process) -> None:
    """Answers and waits for the end."""
    with await host.listen(80).accept() as conn:
        await conn.send_all(await conn.recv())
        await conn.recv_all()


async def client(host: Process) -> None:
    """Asks once and closes first."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(b"question")
        await conn.recv()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, on which a copy of the answer lingers for ten seconds."""
    net = pair(world, client={"tcp_rfc1337": given.rfc1337})
    old = OldDuplicate(net.link.toward(net.client), DATA)
    net.server.run(server)
    net.client.run(client)
    world.at("9s", lambda: world.results.update(before=[entry.state.label for entry in net.client.sockets()]))
    world.at("10s", old.release)
    world.at("11s", lambda: world.results.update(behind=[entry.state.label for entry in net.client.sockets()]))


def verify(run: Run) -> None:
    """TIME-WAIT was there, and is no more."""
    assert run.results == {"before": ["TIME-WAIT"], "behind": []}, run.results
    assert run.host("server").counter("Tcp.OutRsts") == 1


def verify_twin(run: Run) -> None:
    """It stays, although the same RST came."""
    assert run.results == {"before": ["TIME-WAIT"], "behind": ["TIME-WAIT"]}, run.results
    assert run.host("server").counter("Tcp.OutRsts") == 1
