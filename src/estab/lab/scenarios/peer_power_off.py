"""The peer loses its power while a request is under way: ETIMEDOUT comes after a quarter of an hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import SECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import server
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The peer loses its power"),
    paragraph=msg(
        "The server loses its power; nobody can tell the client. Its next request is taken by its own kernel and sent again and again, "
        "after ever longer waits (tcp_retries2 = 15): about 15 minutes until the kernel gives up and recv() fails with ETIMEDOUT. A time "
        "limit of the program's own (SO_RCVTIMEO) comes much earlier and is another error, EAGAIN: that one is the program's patience, "
        "ETIMEDOUT is TCP's."
    ),
    look=(
        msg("send() succeeds although nobody is there"),
        msg("the same segment 15 times more, the intervals doubling up to two minutes"),
        msg("EAGAIN after 3 s, ETIMEDOUT after a quarter of an hour"),
    ),
    behaviours=(Behaviour.PEER_POWER_OFF, Behaviour.BACKOFF),
    findings=("half_open.peer_vanished",),
    parameters={"dies": True},
    twin={"dies": False},
    lasts="20min",
)


async def client(host: Process) -> None:
    """Asks, waits ten seconds, asks again; first with patience of its own, then with that of TCP."""
    told = host.world.results
    conn = await host.connect(SERVER, 80)
    await conn.send_all(b"question")
    await conn.recv()
    await host.sleep("10s")
    began_ns = host.now_ns
    await conn.send_all(b"question")
    for call, timeout in (("recv(), SO_RCVTIMEO", "3s"), ("recv()", None)):
        try:
            told[call] = (await conn.recv(timeout=timeout)).decode()
            return
        except CallError as problem:
            told[call] = f"{problem.strerror} after {(host.now_ns - began_ns) // SECOND_NS} s"


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; the server's power fails at 5 s."""
    net = pair(world)
    net.server.run(server)
    net.client.run(client)
    if given.dies:
        world.at("5s", net.server.power_off)


def verify(run: Run) -> None:
    """Two errors at two times, by two kinds of patience."""
    said = run.results["recv()"]
    assert run.results["recv(), SO_RCVTIMEO"] == "EAGAIN after 3 s", run.results
    assert said.startswith("ETIMEDOUT") and 920 <= int(said.split()[2]) <= 940, run.results
    assert int(run.connections.client.run_max[0]) >= 15


def verify_twin(run: Run) -> None:
    """A living server answers."""
    assert run.results == {"recv(), SO_RCVTIMEO": "answer"}, run.results
