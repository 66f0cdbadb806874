"""A router's own port leads to a server behind it: destinations are translated, and answers back again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Port forwarding"),
    paragraph=msg(
        "The server has a private address; its router forwards port 8080 of its public address to port 80 of the server. The client "
        "knows only the router: it sends to it and gets the answers from it. The server sees the client's true address."
    ),
    look=(
        msg("at the client the peer is the router, port 8080"),
        msg("--set open=no: nothing is forwarded, and the router refuses"),
    ),
    behaviours=(Behaviour.PORT_FORWARDING,),
    parameters={"open": True},
    lasts="1min",
)
PUBLIC = "203.0.113.1"


async def server(host: Process) -> None:
    """Answers one request after the other."""
    listener = host.listen(80)
    while True:
        with await listener.accept() as conn:
            whom = conn.socket.remote
            assert whom is not None
            host.world.results["client"] = whom.address
            await conn.send_all(await conn.recv())


async def client(host: Process) -> None:
    """Asks the router three times."""
    for _ in range(3):
        try:
            with await host.connect(PUBLIC, 8080) as conn:
                await conn.send_all(b"question")
                host.world.results["answer"] = (await conn.recv()).decode()
        except CallError as problem:
            host.world.results["error"] = problem.strerror
        await host.sleep("1s")


def build(world: World, given: Given) -> None:
    """A client outside, a router with a public address, a server inside."""
    outside, inside = world.host("client", "198.51.100.7"), world.host("server", "10.0.0.2")
    router = world.router("router", PUBLIC, "10.0.0.254")
    world.link(outside, router, delay="10ms")
    world.link(router, inside, delay="1ms")
    if given.open:
        router.forward_port(8080, ("10.0.0.2", 80))
    inside.run(server)
    outside.run(client)


def verify(run: Run) -> None:
    """Answered by who looks like the router; the server knows the client."""
    assert run.results == {"client": "198.51.100.7", "answer": "question"}, run.results
