"""The peer's power fails: only keepalive tells the client, because nobody else says anything."""

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
    title=msg("Keepalive finds a dead peer"),
    paragraph=msg(
        "A client waits for news on an idle connection when the server loses its power: no FIN, no RST, nothing. Without "
        "keepalive it would wait for ever in ESTABLISHED. With it, its kernel asks after keepidle seconds of silence, asks "
        "keepcnt times at intervals of keepintvl, and gives up: recv() fails with ETIMEDOUT. The defaults (2 h, 9 × 75 s) find "
        "a dead peer after 2 h 11 min."
    ),
    look=(
        msg("the probes: no payload, the sequence number one below the next"),
        msg("answered probes while the server lives; after its death none, and at last a RST that nobody hears"),
        msg("the time from the last answer to ETIMEDOUT: keepidle + keepcnt × keepintvl"),
    ),
    behaviours=(Behaviour.KEEPALIVE_DEAD,),
    findings=("half_open.peer_vanished", "keepalive.unanswered"),
    parameters={"dies": True, "keepidle": 10, "keepintvl": 5, "keepcnt": 4},
    twin={"dies": False},
    lasts="3min",
)


async def server(host: Process) -> None:
    """Sends one piece of news and then has none."""
    conn = await host.listen(80).accept()
    await conn.send_all(b"news")
    await conn.recv_all()


async def client(host: Process, given: Given) -> None:
    """Waits for news with keepalive."""
    options = {"keepalive": 1, "keepidle": given.keepidle, "keepintvl": given.keepintvl, "keepcnt": given.keepcnt}
    conn = await host.connect(SERVER, 80, **options)
    await conn.recv()
    try:
        await conn.recv()
    except CallError as problem:
        host.world.results["recv()"] = problem.strerror
    host.world.results["after"] = f"{host.world.elapsed_ns // 1_000_000_000} s"


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; the server's power fails at 35 s."""
    net = pair(world)
    net.server.run(server)
    net.client.run(client, given)
    if given.dies:
        world.at("35s", net.server.power_off)


def verify(run: Run) -> None:
    """ETIMEDOUT, when the probes after the last answer were used up."""
    assert run.results["recv()"] == "ETIMEDOUT", run.results
    given = run.given
    last_answer_s = 30
    assert run.results["after"] == f"{last_answer_s + given.keepidle + given.keepcnt * given.keepintvl} s", run.results


def verify_twin(run: Run) -> None:
    """A living peer answers, and the client goes on waiting."""
    assert "recv()" not in run.results
    assert int(run.connections.client.keepalives[0]) == int(run.connections.client.keepalives_answered[0]) > 10
