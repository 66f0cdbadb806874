"""A client asks a local service that is down, again and again, until it is connected to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import CLIENT, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Connected to itself"),
    paragraph=msg(
        "A program tries in a loop to reach a service on its own host that is down. The service's port lies in the range from which the "
        "kernel takes source ports. Sooner or later it takes just that one: the SYN meets the socket that sent it, which is a "
        "simultaneous open with itself, and connect() succeeds. The program reads back what it writes, and the service cannot start, "
        "because its port is taken."
    ),
    look=(
        msg("one address and port at both ends of the last connection"),
        msg("SYN-SENT, SYN-RECEIVED, ESTABLISHED on one socket"),
        msg("the attempts before it: SYN and RST"),
    ),
    behaviours=(Behaviour.SELF_CONNECT,),
    findings=("handshake.refused", "handshake.self_connect"),
    parameters={"listens": False, "ports": 20},
    twin={"listens": True},
    tap="client:lo",
    lasts="1min",
)
SERVICE = 50_000


async def service(host: Process) -> None:
    """The service that should run."""
    listener = host.listen(SERVICE)
    while True:
        with await listener.accept() as conn:
            await conn.send_all((await conn.recv()).upper())


async def client(host: Process) -> None:
    """Tries until it is connected, and says something."""
    told = host.world.results
    for attempt in range(1, 200):
        try:
            with await host.connect(CLIENT, SERVICE) as conn:
                await conn.send_all(b"hello")
                told.update(attempts=attempt, heard=(await conn.recv()).decode(), own=str(conn.socket.local), peer=str(conn.socket.remote))
                await host.sleep("1s")
        except CallError:
            await host.sleep("100ms")
        else:
            break
    try:
        host.listen(SERVICE)
    except CallError as problem:
        told["listen()"] = problem.strerror


def build(world: World, given: Given) -> None:
    """One host, which takes source ports from a range that holds the service's port."""
    net = pair(world, client={"ip_local_port_range": (SERVICE, SERVICE + given.ports - 1)})
    if given.listens:
        net.client.run(service)
    net.client.run(client)


def verify(run: Run) -> None:
    """Both ends are the same, and the program heard itself."""
    told = run.results
    assert told["own"] == told["peer"] == f"{CLIENT}:{SERVICE}" and told["heard"] == "hello" and told["attempts"] > 1, told
    assert told["listen()"] == "EADDRINUSE", told


def verify_twin(run: Run) -> None:
    """The service answers, from the other end."""
    assert run.results["own"] != run.results["peer"] and run.results["heard"] == "HELLO" and run.results["attempts"] == 1, run.results
