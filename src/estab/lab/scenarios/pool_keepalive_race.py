"""A pool uses a connection at the very moment at which the server gives it up."""

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
    title=msg("The pool and the server's idle timeout"),
    paragraph=msg(
        "A server closes connections that were idle for five seconds. A client's pool does not know that and uses one after just as long: "
        "the request and the FIN cross on the way. The server's kernel has no socket any more and answers the request with RST; the "
        "program reads the end of the stream, or ECONNRESET, although neither side did anything wrong. The pool must give connections up "
        "before the server does, or repeat requests that do no harm twice."
    ),
    look=(
        msg("the server's FIN and the client's request cross: neither acknowledges the other"),
        msg("the RST without ACK that answers the request"),
        msg("with --set client_idle=4s every request is answered"),
    ),
    behaviours=(Behaviour.POOL_KEEPALIVE_RACE,),
    findings=("app.pool_keepalive_race",),
    parameters={"client_idle": "4990ms"},
    twin={"client_idle": "4s"},
    lasts="2min",
)
REQUESTS = 8


async def serve(host: Process, conn: Conn) -> None:
    """Answers, and gives up who is silent for five seconds."""
    del host
    with conn:
        try:
            while await conn.recv(timeout="5s"):
                await conn.send_all(b"answer")
        except CallError:
            return


async def client(host: Process, idle: str) -> None:
    """Asks on a connection of its pool; where that fails it takes a new one."""
    told = host.world.results
    conn = await host.connect(SERVER, 80)
    for _ in range(REQUESTS):
        try:
            await conn.send_all(b"GET /price?item=7")
            said = (await conn.recv()).decode() or "end of stream"
        except CallError as problem:
            said = str(problem.strerror)
        told[said] = told.get(said, 0) + 1
        if said != "answer":
            await host.sleep("100ms")
            conn.close()
            conn = await host.connect(SERVER, 80)
            await conn.send_all(b"GET /price?item=7")
            await conn.recv()
        await host.sleep(idle)


def build(world: World, given: Given) -> None:
    """Two hosts 40 ms of round trip apart."""
    net = pair(world, delay="20ms")
    net.server.run(server, serve)
    net.client.run(client, given.client_idle)


def verify(run: Run) -> None:
    """Every use of an idle connection failed."""
    assert run.results == {"answer": 1, "end of stream": REQUESTS - 1}, run.results


def verify_twin(run: Run) -> None:
    """Who is quicker than the server's patience is answered."""
    assert run.results == {"answer": REQUESTS}, run.results
