"""Nobody listens on the port: the kernel answers the SYN with RST, and connect() fails at once."""

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
    title=msg("Connection refused"),
    paragraph=msg(
        "No socket listens on the port, so the server's kernel answers each SYN with RST, and connect() fails with ECONNREFUSED after one "
        "round trip. The host is up and reachable: a refusal is an answer. Compare the scenario filtered, where there is none."
    ),
    look=(
        msg("the RST acknowledges the SYN (ack = seq + 1), else the client would not believe it"),
        msg("the client goes from SYN-SENT to CLOSED in one round trip"),
    ),
    behaviours=(Behaviour.REFUSED,),
    findings=("handshake.refused",),
    parameters={"listens": False, "attempts": 3},
    twin={"listens": True},
    lasts="1min",
)


async def server(host: Process) -> None:
    """Serves one connection after the other."""
    listener = host.listen(80)
    while True:
        with await listener.accept() as conn:
            await conn.recv_all()


async def client(host: Process, attempts: int) -> None:
    """Tries, and tries again a second later."""
    told = host.world.results
    for _ in range(attempts):
        try:
            with await host.connect(SERVER, 80):
                told["connect()"] = "0"
        except CallError as problem:
            told["connect()"] = problem.strerror
        await host.sleep("1s")


def build(world: World, given: Given) -> None:
    """Two hosts; the server program may be missing."""
    net = pair(world)
    if given.listens:
        net.server.run(server)
    net.client.run(client, given.attempts)


def verify(run: Run) -> None:
    """Every attempt was refused."""
    assert run.results["connect()"] == "ECONNREFUSED", run.results
    assert run.connections.count >= 1 and run.host("client").counter("Tcp.AttemptFails") == 3


def verify_twin(run: Run) -> None:
    """With a listener every attempt succeeds."""
    assert run.results["connect()"] == "0"
