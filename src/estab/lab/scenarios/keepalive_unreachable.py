"""A router that knows no way answers probes and data by ICMP: keepalive does not hear it, data does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.match import sent_to
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import server
from estab.lab.stage import routed
from estab.text import msg
from estab.wire.segment import IcmpKind

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("An unreachable peer, with keepalive and with data"),
    paragraph=msg(
        "A router on the way loses its route to the server and answers with ICMP host unreachable. That is a soft error: a route may come "
        "back, so no connection is ended by it (RFC 9293 §3.9.2.2). What data has drawn the kernel remembers, and when it gives up, the "
        "error is EHOSTUNREACH. What a keepalive probe has drawn it ignores: the probe's number lies below what was acknowledged, so the "
        "quoted segment counts as none of this connection (TcpExt.OutOfWindowIcmps), and the error is ETIMEDOUT."
    ),
    look=(
        msg("an ICMP error for each probe and each repetition, and both connections stay"),
        msg("EHOSTUNREACH for the one that sends, ETIMEDOUT for the one that only probes"),
    ),
    behaviours=(Behaviour.KEEPALIVE_UNREACHABLE,),
    findings=("half_open.peer_vanished", "keepalive.unanswered", "loss.rto_backoff"),
    parameters={"breaks": True},
    twin={"breaks": False},
    lasts="2min",
)


async def probes(host: Process) -> None:
    """Waits for news with keepalive."""
    conn = await host.connect(FAR_SERVER, 80, keepalive=1, keepidle=10, keepintvl=5, keepcnt=4)
    await hears(host, conn, "keepalive")


async def sends(host: Process) -> None:
    """Asks when the way is lost."""
    conn = await host.connect(FAR_SERVER, 80, user_timeout=20_000)
    await host.sleep("40s")
    await conn.send_all(b"question")
    await hears(host, conn, "data")


async def hears(host: Process, conn: Conn, name: str) -> None:
    """What recv() says."""
    try:
        host.world.results[name] = (await conn.recv()).decode()
    except CallError as problem:
        host.world.results[name] = problem.strerror


FAR_SERVER = "203.0.113.9"


def build(world: World, given: Given) -> None:
    """A router that loses its way at 35 s."""
    net = routed(world)
    net.server.run(server)
    net.client.run(probes)
    net.client.run(sends)
    if given.breaks:
        world.at("35s", lambda: net.router.refuse(sent_to(FAR_SERVER), IcmpKind.HOST_UNREACHABLE))


def verify(run: Run) -> None:
    """Two errors for one cause."""
    assert run.results == {"keepalive": "ETIMEDOUT", "data": "EHOSTUNREACH"}, run.results
    assert run.host("client").counter("TcpExt.OutOfWindowIcmps") >= 4


def verify_twin(run: Run) -> None:
    """A living peer answers."""
    assert run.results == {"data": "answer"} and int(run.connections.client.keepalives_answered[0]) >= 10, run.results
