"""The last ACK is lost: LAST-ACK repeats its FIN, and TIME-WAIT is there to answer it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.faults import Drop, FaultRule, first
from estab.lab.match import PURE_ACK
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.machine.states import State
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The last ACK is lost: what TIME-WAIT is for"),
    paragraph=msg(
        "The client closes first and acknowledges the server's FIN; that ACK is lost. The server stays in LAST-ACK and repeats its "
        "FIN, and the client, in TIME-WAIT, acknowledges it again. Had the client forgotten the connection at once, its kernel would "
        "have answered with RST, and the server would have seen an error where there was none."
    ),
    look=(
        msg("the server's FIN twice, with the same sequence number"),
        msg("the second ACK is sent from TIME-WAIT, by no process"),
        msg("each FIN that comes starts the 60 s of TIME-WAIT again"),
    ),
    behaviours=(Behaviour.TIME_WAIT_ANSWERS,),
    parameters={"lost": 1},
    twin={"lost": 0},
    lasts="3min",
)


async def server(host: Process) -> None:
    """Reads to the end, closes a second later."""
    with await host.listen(80).accept() as conn:
        await conn.recv_all()
        await host.sleep("1s")


async def client(host: Process) -> None:
    """Sends a little and closes first."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(b"good-bye")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses the client's bare ACKs for a while after the first second."""
    net = pair(world, delay="10ms")
    rule = FaultRule(PURE_ACK, Drop(), choice=first(given.lost), since="900ms")
    net.link.add(rule, toward=net.server)
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """The FIN came twice and was acknowledged twice; nobody sent a RST."""
    assert int(run.connections.server.fins[0]) == 2, int(run.connections.server.fins[0])
    assert [entry.state for entry in run.host("server").sockets()] == [State.LISTEN], run.host("server").sockets()
    assert run.host("client").counter("Tcp.OutRsts") == 0
    assert run.host("client").counter("TcpExt.TW") == 1


def verify_twin(run: Run) -> None:
    """One FIN is enough."""
    assert int(run.connections.server.fins[0]) == 1
