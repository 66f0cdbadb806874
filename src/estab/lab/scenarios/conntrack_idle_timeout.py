"""A firewall forgets an idle connection and drops what comes next: neither end is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.conntrack import TableSettings
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import routed
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A firewall forgets idle connections"),
    paragraph=msg(
        "A stateful firewall keeps a connection for five minutes without a packet, then forgets it; what comes next belongs to no "
        "connection that it knows, and is dropped. Both ends still believe in ESTABLISHED. The client's next request is sent again and"
        " again without an answer. Keepalive with an idle time shorter than the firewall's keeps the entry alive."
    ),
    look=(
        msg("new connections to the same host are answered all the time: it is not dead"),
        msg("ten minutes of silence, then a request that nobody answers"),
        msg("with --set keepidle=120 probes cross the silence, and the request is answered"),
    ),
    behaviours=(Behaviour.CONNECTION_TABLE, Behaviour.IDLE_TIMEOUT),
    findings=("middlebox.idle_timeout",),
    parameters={"keepidle": 0},
    twin={"keepidle": 120},
    lasts="12min",
)
FAR_SERVER = "203.0.113.9"


async def server(host: Process) -> None:
    """Answers each request."""
    with await host.listen(80).accept() as conn:
        while request := await conn.recv():
            await conn.send_all(request)


async def client(host: Process, keepidle: int) -> None:
    """Asks, is idle for ten minutes, asks again."""
    conn = await host.connect(FAR_SERVER, 80)
    if keepidle:
        conn.set(keepalive=1, keepidle=keepidle)
    for number in range(2):
        await conn.send_all(b"question")
        await conn.recv()
        host.world.results["answers"] = number + 1
        await host.sleep("10min")


async def answers(host: Process) -> None:
    """Serves another port, one connection after the other."""
    listener = host.listen(8080)
    while True:
        with await listener.accept() as conn:
            await conn.send_all(await conn.recv())


async def asks(host: Process) -> None:
    """A new connection each minute, which shows that the server lives."""
    while True:
        await host.sleep("1min")
        with await host.connect(FAR_SERVER, 8080) as conn:
            await conn.send_all(b"are you there?")
            await conn.recv()


def build(world: World, given: Given) -> None:
    """A firewall between client and server."""
    net = routed(world, delay="10ms")
    net.router.track(TableSettings.idle())
    net.server.run(server)
    net.server.run(answers)
    net.client.run(client, given.keepidle)
    net.client.run(asks)


def verify(run: Run) -> None:
    """The second request was repeated and never answered, and both ends are ESTABLISHED."""
    assert run.results == {"answers": 1}, run.results
    assert int(run.connections.client.run_max[0]) >= 5


def verify_twin(run: Run) -> None:
    """Probes kept the entry alive."""
    assert run.results == {"answers": 2} and int(run.connections.client.keepalives_answered[0]) >= 4
