"""A NAT forgets an idle mapping and another client gets its port: the server sees a stranger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.conntrack import Stranger, TableSettings
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import server
from estab.lab.stage import routed
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A NAT forgets idle connections"),
    paragraph=msg(
        "A NAT keeps the mapping of an idle connection for five minutes. The client is silent for ten, and in the meantime another client "
        "behind the same NAT gets the port. The client's next request is given a new mapping with another port, so for the server it "
        "belongs to no connection, and it answers with RST. What the server had to say in between would have found no way at all. "
        "Keepalive below the NAT's patience (--set keepidle=120) keeps the mapping."
    ),
    look=(
        msg("ten minutes of silence, then the request, then a RST without ACK"),
        msg("at the server the request comes from another port than the connection"),
        msg("at the client it looks as if the server had restarted; only a capture behind the NAT shows the other port"),
    ),
    behaviours=(Behaviour.NAT_IDLE_TIMEOUT, Behaviour.ADDRESS_TRANSLATION),
    findings=("half_open.peer_restarted",),
    parameters={"keepidle": 0},
    twin={"keepidle": 120},
    lasts="12min",
)
FAR_SERVER = "203.0.113.9"


async def serve(host: Process, conn: Conn) -> None:
    """Answers until the end."""
    del host
    with conn:
        while request := await conn.recv():
            await conn.send_all(request)


async def client(host: Process, keepidle: int) -> None:
    """Asks, is idle for ten minutes, asks again."""
    conn = await host.connect(FAR_SERVER, 80, source_port=40_000)
    if keepidle:
        conn.set(keepalive=1, keepidle=keepidle)
    for number in ("first", "second"):
        try:
            await conn.send_all(b"question")
            host.world.results[number] = (await conn.recv()).decode()
        except CallError as problem:
            host.world.results[number] = problem.strerror
        await host.sleep("10min")


async def other(host: Process) -> None:
    """Comes when the first has been silent for long, from the same port, and stays."""
    await host.sleep("400s")
    conn = await host.connect(FAR_SERVER, 80, source_port=40_000, keepalive=1, keepidle=60)
    await conn.recv()


def build(world: World, given: Given) -> None:
    """Two clients behind a NAT, and a server."""
    net = routed(world, delay="10ms")
    neighbour = world.host("neighbour", "10.0.1.3")
    world.link(neighbour, net.router, delay="10ms")
    net.router.track(TableSettings.idle(stranger=Stranger.PICK_UP))
    net.router.masquerade(net.far)
    net.server.run(server, serve)
    net.client.run(client, given.keepidle)
    neighbour.run(other)
    world.at("710s", lambda: world.results.update(server=[entry.state.label for entry in net.server.sockets()]))


def verify(run: Run) -> None:
    """The second request met a stranger's answer; the other client's SYN has met the old connection at the server, and replaced it."""
    assert (run.results["first"], run.results["second"]) == ("question", "ECONNRESET"), run.results
    assert run.results["server"].count("ESTABLISHED") == 1 and run.host("server").counter("TcpExt.TCPChallengeACK") == 1, run.results


def verify_twin(run: Run) -> None:
    """Probes kept the mapping."""
    assert (run.results["first"], run.results["second"]) == ("question", "question"), run.results
