"""somaxconn counts when listen() is called: raising it does nothing for a listener that listens already."""

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
    title=msg("somaxconn counts at listen()"),
    paragraph=msg(
        "The application asks for a backlog of 128 while somaxconn is 4, so its accept queue holds 4 + 1. The operator raises somaxconn, "
        "and nothing changes: the limit was taken when listen() was called. Only when listen() is called again, as at a restart of the "
        "service, the queue is as long as it was asked for."
    ),
    look=(
        msg("the same burst three times: before, after raising somaxconn, after listen() again"),
        msg("TcpExt.ListenOverflows grows in the first two"),
    ),
    behaviours=(Behaviour.SOMAXCONN,),
    findings=("handshake.accept_queue_overflow",),
    parameters={"somaxconn": 4},
    twin={"somaxconn": 4096},
    tap="server",
    lasts="3min",
)
BURST = 10


async def server(host: Process) -> None:
    """Accepts late, three times; somaxconn is raised before the second burst, listen() called again before the third."""
    listener = host.listen(80, backlog=128)
    told = host.world.results["overflows"] = []
    for turn in range(3):
        if turn == 1:
            host.host.sysctl(somaxconn=4096)
        if turn == 2:
            listener.call(listener.socket.listen, 128)
        before = host.host.counter("TcpExt.ListenOverflows")
        await host.sleep("20s")
        told.append(host.host.counter("TcpExt.ListenOverflows") - before)
        try:
            while True:
                (await listener.accept(timeout="20s")).close()
        except CallError:
            pass


async def client(host: Process, waits: str) -> None:
    """Connects, and reads to the end."""
    await host.sleep(waits)
    with await host.connect(SERVER, 80) as conn:
        await conn.recv_all()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, and three bursts."""
    net = pair(world, server={"somaxconn": given.somaxconn, "tcp_syncookies": 0})
    net.server.run(server)
    for second in (1, 51, 101):
        for number in range(BURST):
            net.client.run(client, f"{1000 * second + number}ms")


def verify(run: Run) -> None:
    """Raising it helped only the third burst."""
    first, second, third = run.results["overflows"]
    assert first > 0 and second > 0 and third == 0, run.results


def verify_twin(run: Run) -> None:
    """With a limit that was high when listen() was called nothing overflows."""
    assert run.results["overflows"] == [0, 0, 0], run.results
