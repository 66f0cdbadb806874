"""The server reboots while a connection is idle: the client's next data meets a kernel that knows nothing of it."""

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
    title=msg("The peer has rebooted"),
    paragraph=msg(
        "The server loses its power and boots again. It has forgotten all connections and told nobody; the client believes that it is "
        "ESTABLISHED (a half-open connection). Only when the client sends does it learn: the new kernel answers with RST, and recv() "
        "fails with ECONNRESET. A client that never sends never learns, unless keepalive asks for it."
    ),
    look=(
        msg("nothing at all on the wire when the server goes down and comes up"),
        msg("the RST answers the first data after the reboot, and has no ACK"),
        msg("a new connection to the same port works at once"),
    ),
    behaviours=(Behaviour.PEER_REBOOTED,),
    findings=("half_open.peer_restarted",),
    parameters={"reboots": True},
    twin={"reboots": False},
    lasts="3min",
)


async def serve(host: Process, conn: Conn) -> None:
    """Answers each question."""
    del host
    while await conn.recv():
        await conn.send_all(b"answer")
    conn.close()


async def client(host: Process) -> None:
    """Asks, is silent for a minute, asks again; connects anew where that fails."""
    told = host.world.results
    conn = await host.connect(SERVER, 80)
    try:
        for _ in range(2):
            await conn.send_all(b"question")
            await conn.recv()
            await host.sleep("1min")
        told["second question"] = "answered"
    except CallError as problem:
        told["second question"] = problem.strerror
    conn.close()
    with await host.connect(SERVER, 80) as again:
        await again.send_all(b"question")
        told["new connection"] = (await again.recv()).decode()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; the server reboots at 20 s and is back 10 s later."""
    net = pair(world)
    net.server.run(server, serve, at_boot=True)
    net.client.run(client)
    if given.reboots:
        world.at("20s", lambda: net.server.reboot("10s"))


def verify(run: Run) -> None:
    """The second question met the new kernel; a new connection works."""
    assert run.results == {"second question": "ECONNRESET", "new connection": "answer"}, run.results
    assert run.host("server").counter("Tcp.OutRsts") == 1


def verify_twin(run: Run) -> None:
    """Without the reboot the old connection goes on."""
    assert run.results == {"second question": "answered", "new connection": "answer"}, run.results
