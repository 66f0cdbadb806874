"""A server that closes first keeps all TIME-WAITs: a crowd, and nothing is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.machine.states import State
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.host import Host
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A crowd in TIME-WAIT"),
    paragraph=msg(
        "The server closes each connection after its answer, so it is the server that keeps TIME-WAIT for 60 s: so many a second "
        "times sixty. They cost little memory and no port, because all share the server's port; a new listener may bind with "
        "SO_REUSEADDR. tcp_fin_timeout does not change their number, nor does it need to change."
    ),
    look=(
        msg("the server sends the first FIN of each connection"),
        msg("the server's table: as many TIME-WAIT as came within the last 60 s"),
        msg("the clients keep nothing"),
    ),
    behaviours=(Behaviour.TIME_WAIT_CROWD,),
    parameters={"clients": 300},
    lasts="100s",
)


async def server(host: Process) -> None:
    """Answers and closes first."""
    listener = host.listen(80)
    while True:
        with await listener.accept() as conn:
            await conn.recv()
            await conn.send_all(b"answer")


async def client(host: Process, clients: int) -> None:
    """Four short connections a second, each read to its end."""
    for _ in range(clients):
        with await host.connect(SERVER, 80) as conn:
            await conn.send_all(b"question")
            await conn.recv_all()
        await host.sleep("230ms")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world, server={"tcp_fin_timeout": 5})
    net.server.run(server)
    net.client.run(client, given.clients)
    world.at("70s", lambda: world.results.update(waiting=waiting(net.server), at_client=waiting(net.client)))


def waiting(host: Host) -> int:
    """Entries in TIME-WAIT."""
    return sum(entry.state is State.TIME_WAIT for entry in host.sockets())


def verify(run: Run) -> None:
    """60 s of connections were waiting at the server, none at the client."""
    assert 220 <= run.results["waiting"] <= 245 and run.results["at_client"] == 0, run.results
    assert run.host("server").counter("Tcp.OutRsts") == 0
