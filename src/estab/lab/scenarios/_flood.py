"""A flood of SYNs against a server, and one real client: what the scenarios with and without cookies share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.actors.flood import SynFlood
from estab.lab.actors.raw import RawActor
from estab.lab.calls import CallError
from estab.lab.stage import routed
from estab.machine.states import State

if TYPE_CHECKING:
    from estab.lab.host import Host
    from estab.lab.process import Process
    from estab.lab.scenario import Given
    from estab.lab.world import World

SERVER = "203.0.113.9"


async def server(host: Process) -> None:
    """Serves one connection after the other."""
    listener = host.listen(80, backlog=16)
    while True:
        with await listener.accept() as conn:
            await conn.recv_all()


async def client(host: Process) -> None:
    """Comes when the flood is under way."""
    await host.sleep("2s")
    began_ns = host.now_ns
    try:
        with await host.connect(SERVER, 80, timeout="5s"):
            host.world.results["connect()"] = f"{(host.now_ns - began_ns) // 1_000_000} ms"
    except CallError as problem:
        host.world.results["connect()"] = problem.strerror


def play(world: World, given: Given, *, cookies: int) -> None:
    """Client, attacker and server at one router."""
    net = routed(world, server={"tcp_syncookies": cookies})
    attacker = RawActor(world, "attacker", "10.0.66.6")
    world.link(attacker, net.router)
    net.server.run(server)
    net.client.run(client)
    world.at("5s", lambda: world.results.update(half_open=half_open(net.server)))
    SynFlood(attacker, (SERVER, 80)).start(given.syns, rate=given.rate)


def half_open(host: Host) -> int:
    """Entries in SYN-RECEIVED."""
    return sum(entry.state is State.SYN_RECEIVED for entry in host.sockets())
