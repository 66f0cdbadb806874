"""Clients behind a router share its address: the table of connections translates both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("NAT: many clients behind one address"),
    paragraph=msg(
        "Clients with private addresses reach a server through a router that puts its own address, and where needed another port, in "
        "place of theirs. Its table keeps for each connection the original tuple and the reply tuple, so that answers find their way "
        "back. The server sees one client address only."
    ),
    look=(
        msg("the same source port of two clients becomes two ports of the router"),
        msg("sequence numbers are the same on both sides of the router"),
    ),
    behaviours=(Behaviour.ADDRESS_TRANSLATION,),
    tap="server",
    lasts="2min",
)
CLIENTS = 3
FAR_SERVER = "203.0.113.9"


async def server(host: Process) -> None:
    """Notes who came and answers."""
    listener = host.listen(80)
    seen: list[tuple[str, int]] = []
    host.world.results["seen"] = seen
    while True:
        host.spawn(serve, await listener.accept(), seen)


async def serve(host: Process, conn: Conn, seen: list[tuple[str, int]]) -> None:
    """Answers one request."""
    del host
    with conn:
        whom = conn.socket.remote
        assert whom is not None
        seen.append((whom.address, whom.port))
        await conn.send_all(await conn.recv())


async def client(host: Process, number: int) -> None:
    """Asks from the port that all use."""
    with await host.connect(FAR_SERVER, 80, source_port=40000) as conn:
        await conn.send_all(b"question %d" % number)
        host.world.results[f"answer {number}"] = (await conn.recv_all()) == b"question %d" % number


def build(world: World, given: Given) -> None:
    """Clients, a router that hides them, a server."""
    del given
    host = world.host("server", FAR_SERVER)
    router = world.router("router", "10.0.1.1", "203.0.113.1")
    for number in range(CLIENTS):
        inside = world.host(f"client{number}", f"10.0.1.{number + 2}")
        world.link(inside, router, delay="1ms")
        inside.run(client, number)
    router.masquerade(world.link(router, host, delay="10ms"))
    host.run(server)


def verify(run: Run) -> None:
    """Each got its own answer, and the server saw one address with different ports."""
    seen = run.results["seen"]
    assert all(run.results[f"answer {number}"] for number in range(CLIENTS)), run.results
    assert {address for address, _ in seen} == {"203.0.113.1"} and len({port for _, port in seen}) == CLIENTS, seen
    assert run.connections.count == CLIENTS
