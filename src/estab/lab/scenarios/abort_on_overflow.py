"""The accept queue is full and tcp_abort_on_overflow is 1: clients that were connected are reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import serve
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The accept queue overflows, with tcp_abort_on_overflow"),
    paragraph=msg(
        "As in accept_queue_overflow the application accepts too slowly, but the kernel is told to say so: the third segment that "
        "finds no place is answered with RST. connect() had succeeded at the client; its first recv() or send() fails with "
        "ECONNRESET. The clients that did find a place wait for the slow application, which is a finding of its own. The reset is "
        "honest and harsh: a queue that is full for a moment makes real errors, where silence would have made a delay."
    ),
    look=(
        msg("SYN, SYN-ACK, ACK, RST: the RST answers the third segment"),
        msg("a refused connection has no SYN-ACK; this one has"),
        msg("TcpExt.ListenOverflows and Tcp.OutRsts grow together"),
    ),
    behaviours=(Behaviour.ABORT_ON_OVERFLOW,),
    findings=(
        "handshake.accept_queue_overflow",
        "latency.slow_server_application",
    ),
    parameters={"sleeps": "20s"},
    twin={"sleeps": "0s"},
    lasts="3min",
)


async def server(host: Process, sleeps: str) -> None:
    """Sleeps before it accepts."""
    listener = host.listen(80, backlog=4)
    await host.sleep(sleeps)
    while True:
        host.spawn(serve, await listener.accept())


async def client(host: Process, waits: str) -> None:
    """Connects, asks, and waits for the answer."""
    await host.sleep(waits)
    told = host.world.results
    try:
        with await host.connect(SERVER, 80) as conn:
            told["connected"] = told.get("connected", 0) + 1
            await conn.send_all(b"question")
            await conn.recv()
            told["answered"] = told.get("answered", 0) + 1
    except CallError as problem:
        said = str(problem.strerror)
        told[said] = told.get(said, 0) + 1


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; three clients come, and a little later four at once, for which two places are left."""
    net = pair(world, server={"tcp_abort_on_overflow": 1})
    net.server.run(server, given.sleeps)
    for waits in ("0ms", "0ms", "0ms", "100ms", "100ms", "100ms", "100ms"):
        net.client.run(client, waits)


def verify(run: Run) -> None:
    """All were connected, and two were reset."""
    assert run.results == {"connected": 7, "answered": 5, "ECONNRESET": 2}, run.results
    server = run.host("server")
    assert server.counter("TcpExt.ListenOverflows") > 0 and server.counter("Tcp.OutRsts") >= run.results["ECONNRESET"]


def verify_twin(run: Run) -> None:
    """Who accepts at once answers all."""
    assert run.results["answered"] == 7 and run.host("server").counter("Tcp.OutRsts") == 0, run.results
