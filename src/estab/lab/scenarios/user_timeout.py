"""TCP_USER_TIMEOUT: the connection is given up after the time that the program has named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import server
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("TCP_USER_TIMEOUT"),
    paragraph=msg(
        "As in peer_power_off the server is gone and the client's data is not acknowledged. But the program has set TCP_USER_TIMEOUT to "
        "ten seconds: when data has waited that long, the kernel gives the connection up with ETIMEDOUT, instead of after tcp_retries2. "
        "It bounds data that is not acknowledged, and with keepalive also silence; an idle connection without keepalive it does not touch."
    ),
    look=(
        msg("the repetitions end after ten seconds"),
        msg("ETIMEDOUT at that time; with --set user_timeout=0 it takes a quarter of an hour"),
    ),
    behaviours=(Behaviour.USER_TIMEOUT,),
    findings=("half_open.peer_vanished",),
    parameters={"dies": True, "user_timeout": 10_000},
    twin={"dies": False},
    lasts="20min",
)


async def client(host: Process, user_timeout: int) -> None:
    """Asks, waits ten seconds, asks again."""
    conn = await host.connect(SERVER, 80, user_timeout=user_timeout)
    await conn.send_all(b"question")
    await conn.recv()
    await host.sleep("10s")
    began_ns = host.now_ns
    await conn.send_all(b"question")
    try:
        host.world.results["recv()"] = (await conn.recv()).decode()
    except CallError as problem:
        host.world.results.update({"recv()": problem.strerror, "after_ms": (host.now_ns - began_ns) // MILLISECOND_NS})


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; the server's power fails at 5 s."""
    net = pair(world)
    net.server.run(server)
    net.client.run(client, given.user_timeout)
    if given.dies:
        world.at("5s", net.server.power_off)


def verify(run: Run) -> None:
    """Given up at the time that was named."""
    assert run.results["recv()"] == "ETIMEDOUT" and 10_000 <= run.results["after_ms"] < 10_500, run.results


def verify_twin(run: Run) -> None:
    """A living server answers."""
    assert run.results == {"recv()": "answer"}, run.results
