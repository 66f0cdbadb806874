"""A load balancer gives idle connections up after a minute: the next request is answered by RST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.balancer import Balancer
from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import server
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A load balancer's idle timeout"),
    paragraph=msg(
        "Clients reach two servers through a load balancer, which forgets connections that were idle for a minute and says nothing about "
        "it. A client that asks again after 90 s gets RST from the balancer in the server's name; the server still believes in the "
        "connection. Idle timeouts must be ordered: the client's shortest, then the balancer's, then the server's."
    ),
    look=(
        msg("connections are spread over two servers, each sees the balancer's address"),
        msg("90 s of silence, the request, the RST without ACK"),
        msg("with --set idle=30s every request is answered"),
    ),
    behaviours=(Behaviour.IDLE_TIMEOUT, Behaviour.PORT_FORWARDING),
    findings=("middlebox.idle_timeout",),
    parameters={"idle": "90s"},
    twin={"idle": "30s"},
    lasts="3min",
)


async def client(host: Process, idle: str) -> None:
    """Asks, is idle, asks again."""
    told = host.world.results
    conn = await host.connect(ADDRESS, 80)
    for _ in range(2):
        try:
            await conn.send_all(b"question")
            said = (await conn.recv()).decode()
        except CallError as problem:
            said = str(problem.strerror)
        told[said] = told.get(said, 0) + 1
        await host.sleep(idle)


ADDRESS = "203.0.113.1"


def build(world: World, given: Given) -> None:
    """A client, a balancer, two servers."""
    host = world.host("client", "198.51.100.5")
    balancer = Balancer(world, "balancer", (ADDRESS, "10.0.0.1"), port=80, idle="60s")
    world.link(host, balancer, delay="10ms")
    for name in ("server", "other"):
        backend = world.host(name, f"10.0.0.{len(world.nodes) + 10}")
        world.link(balancer, backend, delay="1ms")
        backend.run(server)
        balancer.serve(backend)
    for _ in range(4):
        host.run(client, given.idle)
    world.at("10s", lambda: world.results.update(spread=[backend.connections for backend in balancer.backends]))


def verify(run: Run) -> None:
    """All first questions were answered, no second one."""
    assert run.results == {"answer": 4, "ECONNRESET": 4, "spread": [2, 2]}, run.results


def verify_twin(run: Run) -> None:
    """Who asks in time is answered."""
    assert run.results == {"answer": 8, "spread": [2, 2]}, run.results
