"""SO_LINGER with time 0: close() sends RST, and there is no TIME-WAIT, nor certainty that anything arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
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
    title=msg("Reset close: SO_LINGER 0"),
    paragraph=msg(
        "A client sets SO_LINGER with time 0 to be rid of TIME-WAIT. Its close() throws away what is still in the send buffer and "
        "sends RST; the server's recv() fails with ECONNRESET in place of the end of the stream. TIME-WAIT is gone, and with it the "
        "orderly end: the server cannot tell success from a crash."
    ),
    look=(
        msg("RST with ACK, no FIN before it, from the end that closes"),
        msg("both ends go from ESTABLISHED to CLOSED"),
        msg("TcpExt.TW stays 0, Tcp.OutRsts grows"),
    ),
    behaviours=(Behaviour.ABORT,),
    findings=("rst.abort",),
    parameters={"clients": 6, "lingers": True},
    twin={"lingers": False},
    lasts="3min",
)


async def serve(host: Process, conn: Conn) -> None:
    """Answers until the end, and notes what the end was."""
    with conn:
        try:
            while await conn.recv():
                await conn.send_all(b"answer")
            host.world.results["recv()"] = "end of stream"
        except CallError as problem:
            host.world.results["recv()"] = problem.strerror


async def client(host: Process, clients: int, lingers: bool) -> None:
    """One short connection after the other."""
    for _ in range(clients):
        conn = await host.connect(SERVER, 80)
        await conn.send_all(b"question")
        await conn.recv()
        await host.sleep("100ms")
        if lingers:
            conn.abort()
        else:
            conn.close()
        await host.sleep("1s")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world)
    net.server.run(server, serve)
    net.client.run(client, given.clients, given.lingers)


def verify(run: Run) -> None:
    """A RST each, no TIME-WAIT, and an error at the server."""
    assert run.results["recv()"] == "ECONNRESET", run.results
    assert run.host("client").counter("Tcp.OutRsts") == run.given.clients and run.host("client").counter("TcpExt.TW") == 0
    assert not run.connections.client.fins.any()


def verify_twin(run: Run) -> None:
    """The orderly close has its end of stream and its TIME-WAITs."""
    assert run.results["recv()"] == "end of stream", run.results
    assert run.host("client").counter("TcpExt.TW") == run.given.clients and run.host("client").counter("Tcp.OutRsts") == 0
