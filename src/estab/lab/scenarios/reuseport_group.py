"""SO_REUSEPORT: several processes listen on one port, and each has a queue of its own."""

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
    title=msg("One port, four listeners"),
    paragraph=msg(
        "Four processes have set SO_REUSEPORT and listen on the same port. The kernel chooses one of them for each SYN by a hash of the "
        "four-tuple, so each has its own accept queue and no lock is shared. The choice is made when the SYN arrives: what waits in the "
        "queue of a process that dies is lost with it, whoever else listens."
    ),
    look=(
        msg("each process serves about a quarter"),
        msg("without the option the second listen() fails with EADDRINUSE"),
    ),
    behaviours=(Behaviour.REUSEPORT,),
    parameters={"reuseport": True, "clients": 80},
    twin={"reuseport": False},
    lasts="1min",
)
PROCESSES = 4


async def server(host: Process, number: int, reuseport: bool) -> None:
    """One of the processes."""
    told = host.world.results
    try:
        listener = host.listen(80, reuseport=int(reuseport))
    except CallError as problem:
        told["listen()"] = problem.strerror
        return
    while True:
        with await listener.accept() as conn:
            told[f"served by {number}"] = told.get(f"served by {number}", 0) + 1
            await conn.send_all(await conn.recv())


async def client(host: Process, clients: int) -> None:
    """One connection after the other."""
    for _ in range(clients):
        with await host.connect(SERVER, 80) as conn:
            await conn.send_all(b"question")
            await conn.recv_all()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world, delay="1ms")
    for number in range(PROCESSES):
        net.server.run(server, number, given.reuseport)
    net.client.run(client, given.clients)


def verify(run: Run) -> None:
    """All have served, and together everybody."""
    served = [run.results.get(f"served by {number}", 0) for number in range(PROCESSES)]
    assert sum(served) == run.given.clients and min(served) >= run.given.clients // (2 * PROCESSES), run.results


def verify_twin(run: Run) -> None:
    """The first has the port for itself."""
    assert run.results == {"served by 0": run.given.clients, "listen()": "EADDRINUSE"}, run.results
