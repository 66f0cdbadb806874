"""A server that forgets to close: its connections stay in CLOSE-WAIT for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.machine.states import State
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("CLOSE-WAIT piles up: the server does not close"),
    paragraph=msg(
        "Clients ask, get their answer and close. The server's kernel acknowledges each FIN; its application reads the end of the stream "
        "and forgets the socket. Nothing ends CLOSE-WAIT but close(): no timer, no keepalive, no sysctl. Descriptors run out in the end."
    ),
    look=(
        msg("the server's ACK of each FIN is there: the ACK was sent, what is missing is the FIN"),
        msg("the clients' kernels give up FIN-WAIT-2 after tcp_fin_timeout and know nothing more of the connection"),
        msg("the server's table: one CLOSE-WAIT for each client that came"),
    ),
    behaviours=(Behaviour.CLOSE_WAIT_LEAK,),
    findings=("close.close_wait_leak",),
    parameters={"clients": 12, "closes": False},
    twin={"closes": True},
    lasts="5min",
)


async def server(host: Process, closes: bool) -> None:
    """Serves each connection in a program of its own."""
    listener = host.listen(80)
    while True:
        host.spawn(serve, await listener.accept(), closes)


async def serve(host: Process, conn: Conn, closes: bool) -> None:
    """Answers one request; closes at the end of the stream, or forgets it."""
    del host
    while await conn.recv():
        await conn.send_all(b"answer")
    if closes:
        conn.close()


async def client(host: Process, clients: int) -> None:
    """One short connection after the other."""
    for _ in range(clients):
        with await host.connect(SERVER, 80) as conn:
            await conn.send_all(b"question")
            await conn.recv()
        await host.sleep("1s")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world)
    net.server.run(server, given.closes)
    net.client.run(client, given.clients)


def verify(run: Run) -> None:
    """The server still has all of them."""
    left = [entry.state for entry in run.host("server").sockets() if entry.state is not State.LISTEN]
    assert left == [State.CLOSE_WAIT] * run.given.clients, left
    assert all(entry.state is not State.FIN_WAIT_2 for entry in run.host("client").sockets())


def verify_twin(run: Run) -> None:
    """A server that closes keeps nothing."""
    assert [entry.state for entry in run.host("server").sockets()] == [State.LISTEN]
