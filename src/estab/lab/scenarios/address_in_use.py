"""A server restarts within a minute: bind() fails unless it says SO_REUSEADDR."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import SECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.machine.states import State
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Address already in use"),
    paragraph=msg(
        "The server has closed its connections first, so TIME-WAITs of its port remain. It is restarted at once. Without SO_REUSEADDR "
        "bind() fails with EADDRINUSE for a minute; with it the new listener may bind while the old connections wait. The option makes no "
        "TIME-WAIT shorter and none disappear: they wait all the same."
    ),
    look=(
        msg("the calls in the timeline: listen() fails, and works a minute later"),
        msg("the TIME-WAITs of the server's port are there in both cases"),
    ),
    behaviours=(Behaviour.ADDRESS_IN_USE,),
    parameters={"reuseaddr": False},
    twin={"reuseaddr": True},
    lasts="3min",
)


async def server(host: Process, reuseaddr: bool) -> None:
    """Serves five connections, closing first; then is started again, and tries until it listens."""
    told = host.world.results
    listener = host.listen(80, reuseaddr=int(reuseaddr))
    for _ in range(5):
        with await listener.accept() as conn:
            await conn.send_all(await conn.recv())
    listener.close()
    await host.sleep("1s")
    began_ns = host.now_ns
    told["TIME-WAIT"] = sum(entry.state is State.TIME_WAIT for entry in host.host.sockets())
    told["refused"] = 0
    while True:
        try:
            host.listen(80, reuseaddr=int(reuseaddr))
            break
        except CallError as problem:
            told["listen()"] = problem.strerror
            told["refused"] += 1
            await host.sleep("1s")
    told["listens after s"] = (host.now_ns - began_ns) // SECOND_NS


async def client(host: Process) -> None:
    """Five questions."""
    for _ in range(5):
        with await host.connect(SERVER, 80) as conn:
            await conn.send_all(b"question")
            await conn.recv_all()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world)
    net.server.run(server, given.reuseaddr)
    net.client.run(client)


def verify(run: Run) -> None:
    """It had to wait for the last TIME-WAIT."""
    told = run.results
    assert told["listen()"] == "EADDRINUSE" and told["TIME-WAIT"] == 5 and 58 <= told["listens after s"] <= 61, told


def verify_twin(run: Run) -> None:
    """At once, with as many TIME-WAITs."""
    assert run.results == {"TIME-WAIT": 5, "refused": 0, "listens after s": 0}, run.results
