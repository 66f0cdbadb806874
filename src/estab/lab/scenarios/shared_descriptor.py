"""Two processes hold one socket: close() of one says nothing to the peer, shutdown() does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import SECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("close() while another process holds the socket"),
    paragraph=msg(
        "A server has handed a connection to a child process, as after fork(), and closes its own descriptor. Nothing happens on the "
        "wire: the socket is closed when the last descriptor is. The child goes on answering, and the FIN leaves when it closes too. "
        "shutdown() is about the connection and not the descriptor: with --set how=shutdown the FIN leaves at once, whoever else holds "
        "the socket. A descriptor that leaks into a child is a common cause of connections that do not end."
    ),
    look=(
        msg("close() in the timeline, and no FIN on the wire"),
        msg("the FIN leaves when the child closes"),
    ),
    behaviours=(Behaviour.SHARED_DESCRIPTOR,),
    parameters={"how": "close"},
    twin={"how": "shutdown"},
    lasts="1min",
)


async def server(host: Process, how: str) -> None:
    """Hands the connection to a child, and ends its own hold a second later."""
    conn = await host.listen(80).accept()
    child = host.host.process("child")
    child.spawn(answer, conn.share(child))
    await host.sleep("1s")
    if how == "shutdown":
        conn.shutdown()
    conn.close()


async def answer(host: Process, conn: Conn) -> None:
    """The child: holds the socket for ten seconds."""
    await host.sleep("10s")
    conn.close()


async def client(host: Process) -> None:
    """Waits for the end of the stream."""
    with await host.connect(SERVER, 80) as conn:
        await conn.recv_all()
        host.world.results["end of stream after s"] = host.world.elapsed_ns // SECOND_NS


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world)
    net.server.run(server, given.how)
    net.client.run(client)


def verify(run: Run) -> None:
    """The FIN left when the child closed."""
    assert run.results == {"end of stream after s": 10}, run.results


def verify_twin(run: Run) -> None:
    """shutdown() ends the stream whoever holds the socket."""
    assert run.results == {"end of stream after s": 1}, run.results
