"""TCP_DEFER_ACCEPT: the application is woken by the question and not by the handshake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import serve
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("accept() waits for data"),
    paragraph=msg(
        "The listener has set TCP_DEFER_ACCEPT. The kernel takes note of the third segment and stays in SYN-RECEIVED; accept() gives the "
        "connection when the first data is there, so the application is not woken for nothing. A client that says nothing is asked once "
        "more by a repeated SYN-ACK when the time is over, and its answer to that is accepted without data."
    ),
    look=(
        msg("the talker's connection is accepted when its question arrives"),
        msg("the silent client is ESTABLISHED at its end while the server is in SYN-RECEIVED"),
        msg("the SYN-ACK is sent again before the silent one is accepted"),
    ),
    behaviours=(Behaviour.DEFER_ACCEPT,),
    parameters={"seconds": 5},
    twin={"seconds": 0},
    tap="server",
    lasts="1min",
)


async def server(host: Process, seconds: int) -> None:
    """Notes when accept() gives which connection."""
    listener = host.listen(80, defer_accept=seconds)
    accepted = host.world.results["accepted after ms"] = {}
    while True:
        conn = await listener.accept()
        assert conn.socket.remote is not None
        accepted[conn.socket.remote.port] = host.world.elapsed_ns // 1_000_000
        host.spawn(serve, conn)


async def client(host: Process, source_port: int, waits: str) -> None:
    """Connects, and asks a little later."""
    with await host.connect(SERVER, 80, source_port=source_port) as conn:
        await host.sleep(waits)
        await conn.send_all(b"question")
        await conn.recv()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; one client asks after two seconds, the other after half a minute."""
    net = pair(world)
    net.server.run(server, given.seconds)
    net.client.run(client, 40_001, "2s")
    net.client.run(client, 40_002, "30s")


def verify(run: Run) -> None:
    """The talker with its question, the silent one when the time was over."""
    accepted = run.results["accepted after ms"]
    assert 2000 < accepted[40_001] < 2100 and 5000 < accepted[40_002] < 10_000, run.results


def verify_twin(run: Run) -> None:
    """Without the option both with the third segment."""
    assert all(took < 100 for took in run.results["accepted after ms"].values()), run.results
