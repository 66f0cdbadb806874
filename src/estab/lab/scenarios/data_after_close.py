"""The server goes on sending to a client that has closed its socket: the kernel answers with RST."""

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
    title=msg("Data after close: the reader has gone"),
    paragraph=msg(
        "The client reads the beginning of an answer and closes. Its FIN says only that it sends no more; the server may think that "
        "it still reads, and sends the rest. But close() gave up both directions, so the client's kernel answers the data with RST. "
        "The server's next send() fails: EPIPE, or ECONNRESET if it was reading. With shutdown() instead of close() the client could "
        "have gone on reading."
    ),
    look=(
        msg("the FIN of the client, then data of the server, then the RST"),
        msg("the RST answers data that came after the FIN: TcpExt.TCPAbortOnData"),
        msg("the server was in CLOSE-WAIT and sent on"),
    ),
    behaviours=(Behaviour.DATA_AFTER_CLOSE,),
    findings=("rst.data_after_close",),
    parameters={"clients": 6, "half": False},
    twin={"half": True},
    lasts="3min",
)


async def serve(host: Process, conn: Conn) -> None:
    """Sends an answer in pieces, whoever still reads it."""
    with conn:
        await conn.recv()
        try:
            for _ in range(5):
                await conn.send_all(bytes(1000))
                await host.sleep("100ms")
        except CallError as problem:
            host.world.results["send()"] = problem.strerror


async def client(host: Process, clients: int, half: bool) -> None:
    """Reads the first piece and goes; or shuts down its own direction only, and reads the rest."""
    for _ in range(clients):
        with await host.connect(SERVER, 80) as conn:
            await conn.send_all(b"question")
            await conn.recv()
            if half:
                conn.shutdown()
                await conn.recv_all()
        await host.sleep("2s")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world)
    net.server.run(server, serve)
    net.client.run(client, given.clients, given.half)


def verify(run: Run) -> None:
    """Each connection ended by the client's RST, and the server was told."""
    assert run.results["send()"] in {"EPIPE", "ECONNRESET"}, run.results
    assert run.host("client").counter("Tcp.OutRsts") >= run.given.clients


def verify_twin(run: Run) -> None:
    """Who only shuts down gets the rest."""
    assert "send()" not in run.results and run.host("client").counter("Tcp.OutRsts") == 0
