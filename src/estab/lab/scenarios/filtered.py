"""A firewall drops the SYNs silently: connect() waits for minutes and fails with ETIMEDOUT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.match import port
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import routed
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Filtered: nobody answers the SYN"),
    paragraph=msg(
        "A firewall on the way drops what goes to port 80 and tells nobody. The client sends its SYN again and again, eleven times in all "
        "with tcp_syn_retries = 6, and connect() fails with ETIMEDOUT after 131 s. A dead host, a missing route and a filter "
        "look alike from here; that another port of the same host answers tells them apart."
    ),
    look=(
        msg("the intervals between the SYNs: 1 s five times, then 2, 4, 8, … s (tcp_syn_linear_timeouts)"),
        msg("port 22 of the same host answers: the host lives, so something drops port 80"),
        msg("the client stays in SYN-SENT until it gives up"),
    ),
    behaviours=(Behaviour.FILTERED,),
    findings=("handshake.filtered",),
    parameters={"filtered": True},
    twin={"filtered": False},
    lasts="5min",
)
SERVER = "203.0.113.9"


async def server(host: Process, port: int) -> None:
    """Serves one connection after the other."""
    listener = host.listen(port)
    while True:
        with await listener.accept() as conn:
            await conn.recv_all()


async def client(host: Process) -> None:
    """Connects to a port that is open to all, and to the one in question."""
    (await host.connect(SERVER, 22)).close()
    began_ns = host.now_ns
    try:
        with await host.connect(SERVER, 80):
            host.world.results["connect()"] = "0"
    except CallError as problem:
        host.world.results["connect()"] = problem.strerror
    host.world.results["after"] = f"{(host.now_ns - began_ns) // 1_000_000_000} s"


def build(world: World, given: Given) -> None:
    """A router between client and server, which drops port 80."""
    net = routed(world)
    if given.filtered:
        net.router.refuse(port(80))
    net.server.run(server, 22)
    net.server.run(server, 80)
    net.client.run(client)


def verify(run: Run) -> None:
    """Eleven SYNs, no answer, ETIMEDOUT."""
    assert run.results["connect()"] == "ETIMEDOUT", run.results
    assert int(run.connections.client.syns[1]) == 11 and int(run.connections.server.packets[1]) == 0
    assert run.results["after"] == "131 s", run.results


def verify_twin(run: Run) -> None:
    """Without the filter it connects."""
    assert run.results["connect()"] == "0"
