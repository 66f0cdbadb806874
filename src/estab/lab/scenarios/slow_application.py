"""The network answers in 20 ms and the server's program in 1500: not a matter of TCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The server's application is slow"),
    paragraph=msg(
        "Each request is acknowledged by the server's kernel within a round trip, and answered by its application a second and a half "
        "later. Packet loss, windows and round-trip times are all well: the time goes into the program."
    ),
    look=(
        msg("the ACK of the request comes at once, the answer much later"),
        msg("no retransmission, no small window"),
    ),
    behaviours=(Behaviour.SLOW_APPLICATION,),
    findings=("latency.slow_server_application",),
    parameters={"thinks": "1500ms"},
    twin={"thinks": "1ms"},
    lasts="1min",
)
REQUESTS = 10


async def server(host: Process, thinks: str) -> None:
    """Thinks before each answer."""
    with await host.listen(80).accept() as conn:
        while await conn.recv():
            await host.sleep(thinks)
            await conn.send_all(bytes(500))


async def client(host: Process) -> None:
    """Asks, waits, asks again."""
    with await host.connect(SERVER, 80) as conn:
        for _ in range(REQUESTS):
            await conn.send_all(bytes(200))
            await conn.recv()
            await host.sleep("1ms")
    host.world.results["took_ms"] = host.world.elapsed_ns // 1_000_000


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world, delay="10ms")
    net.server.run(server, given.thinks)
    net.client.run(client)


def verify(run: Run) -> None:
    """The time is the program's."""
    assert int(run.connections.server.slow_turns[0]) >= REQUESTS - 1, int(run.connections.server.slow_turns[0])
    assert run.results["took_ms"] > 1500 * REQUESTS and int(run.connections.client.retransmits[0]) == 0


def verify_twin(run: Run) -> None:
    """A quick program: the time is the network's."""
    assert run.results["took_ms"] < 50 * REQUESTS, run.results
