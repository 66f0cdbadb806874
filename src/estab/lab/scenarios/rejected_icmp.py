"""A firewall rejects the SYN by ICMP: connect() fails at once, but not with ECONNREFUSED."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.match import port
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import routed
from estab.text import msg
from estab.wire.segment import IcmpKind

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Rejected by ICMP"),
    paragraph=msg(
        "A router on the way rejects port 80 and says so: ICMP, communication administratively prohibited. While it is in SYN-SENT "
        "the client's kernel takes that as final, and connect() fails with EHOSTUNREACH after one round trip to the router. Compare "
        "refused, where the server itself answers by RST, and filtered, where nobody says anything."
    ),
    look=(
        msg("the ICMP error comes from the router's address and quotes the SYN"),
        msg("it is there before a packet could have come back from the server"),
        msg("no RST and no second SYN"),
    ),
    behaviours=(Behaviour.REJECTED_BY_ICMP,),
    findings=("handshake.rejected_icmp",),
    parameters={"rejects": True, "attempts": 3},
    twin={"rejects": False},
    lasts="2min",
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
        began_ns = host.now_ns
        try:
            with await host.connect("203.0.113.9", 80):
                told["connect()"] = "0"
        except CallError as problem:
            told["connect()"] = problem.strerror
        told["after"] = f"{(host.now_ns - began_ns) // 1_000_000} ms"
        await host.sleep("1s")


def build(world: World, given: Given) -> None:
    """A router between client and server, which rejects port 80."""
    net = routed(world, delay="5ms")
    if given.rejects:
        net.router.refuse(port(80), IcmpKind.ADMIN_PROHIBITED)
    net.server.run(server)
    net.client.run(client, given.attempts)


def verify(run: Run) -> None:
    """One SYN for each attempt, and the router's answer after one round trip to it."""
    assert run.results == {"connect()": "EHOSTUNREACH", "after": "10 ms"}, run.results
    assert [int(count) for count in run.connections.client.syns] == [1] * run.given.attempts
    assert not run.connections.server.packets.any()


def verify_twin(run: Run) -> None:
    """Without the filter it connects, to the server and back."""
    assert run.results == {"connect()": "0", "after": "20 ms"}, run.results
