"""Clients vanish and come again: the server keeps every corpse in ESTABLISHED."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.machine.states import State
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.host import Host
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("ESTABLISHED that is not true"),
    paragraph=msg(
        "A device at the end of a radio link loses its power again and again; each time it connects anew. It never closes what it had, so "
        "the server's table grows by one ESTABLISHED each time, and nothing on the wire tells: the server has nothing to send. With "
        "keepalive at the server (--set keepidle=5) each corpse is found: the device that has booted again answers the probe with RST, "
        "one that stays off is given up after keepidle + keepcnt × keepintvl seconds. A time limit of the application does the same."
    ),
    look=(
        msg("one client, and as many ESTABLISHED at the server as it has come"),
        msg("a corpse says nothing: it is seen only in the server's table"),
    ),
    behaviours=(Behaviour.FALSE_ESTABLISHED,),
    parameters={"keepidle": 0, "times": 8},
    lasts="3min",
)


async def server(host: Process, keepidle: int) -> None:
    """Waits on each connection for what may come."""
    listener = host.listen(80)
    if keepidle:
        listener.set(keepalive=1, keepidle=keepidle, keepintvl=2, keepcnt=3)
    while True:
        host.spawn(serve, await listener.accept())


async def serve(host: Process, conn: Conn) -> None:
    """Reads until the end, or until the kernel says that there is nobody."""
    told = host.world.results
    try:
        while await conn.recv():
            pass
    except CallError as problem:
        told[str(problem.strerror)] = told.get(str(problem.strerror), 0) + 1
    conn.close()


async def device(host: Process) -> None:
    """Says where it is, and stays."""
    conn = await host.connect(SERVER, 80)
    await conn.send_all(b"here I am")
    await conn.recv()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; the device loses its power every 20 s."""
    net = pair(world)
    net.server.run(server, given.keepidle)
    net.client.run(device, at_boot=True)
    for number in range(1, given.times):
        world.at(f"{20 * number}s", lambda: net.client.reboot("2s"))
    world.at("179s", lambda: world.results.update(established=established(net.server)))


def established(host: Host) -> int:
    """Connections that the host believes in."""
    return sum(entry.state is State.ESTABLISHED for entry in host.sockets())


def verify(run: Run) -> None:
    """One for each time the device has come, and one client."""
    assert run.results == {"established": run.given.times}, run.results
