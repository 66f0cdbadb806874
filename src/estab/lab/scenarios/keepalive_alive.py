"""An idle connection with keepalive: a living kernel answers each probe, even when the application behind it hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Keepalive: the peer's kernel is alive"),
    paragraph=msg(
        "A client waits for an answer that never comes, because the server's process hangs (SIGSTOP, a deadlock). Keepalive asks "
        "every 10 s, and the server's kernel answers each probe: to keepalive all is well. It finds dead kernels and dead paths, not "
        "hung programs; for those the application needs a heartbeat or a timeout of its own, as the client here has: EAGAIN after two "
        "minutes."
    ),
    look=(
        msg("probes and answers every 10 s, without data"),
        msg("the error is the application's own timeout (EAGAIN), not TCP's (ETIMEDOUT)"),
        msg("both ends stay ESTABLISHED all the time"),
    ),
    behaviours=(Behaviour.KEEPALIVE_ALIVE,),
    parameters={"waits": "2min", "keepidle": 10},
    lasts="130s",
)


async def server(host: Process) -> None:
    """Accepts, and would answer if it ran."""
    conn = await host.listen(80).accept()
    while await conn.recv():
        await conn.send_all(b"answer")


async def client(host: Process, waits: str, keepidle: int) -> None:
    """Is answered once, and then waits for what does not come."""
    conn = await host.connect(SERVER, 80, keepalive=1, keepidle=keepidle, keepintvl=5, keepcnt=3)
    await conn.send_all(b"question")
    await conn.recv()
    try:
        await conn.recv(timeout=waits)
    except CallError as problem:
        host.world.results["recv()"] = problem.strerror
    await host.sleep("1h")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; the server's process hangs after a second."""
    net = pair(world)
    process = net.server.process("server")
    process.spawn(server)
    net.client.run(client, given.waits, given.keepidle)
    world.at("1s", process.freeze)


def verify(run: Run) -> None:
    """Each probe was answered, and only the application's own timeout ended the waiting."""
    assert run.results["recv()"] == "EAGAIN", run.results
    probes = int(run.connections.client.keepalives[0])
    assert probes == int(run.connections.client.keepalives_answered[0]) >= 11, probes
    assert run.connections.states(0, 0)[-1] == run.connections.states(0, 1)[-1] == "ESTABLISHED"
