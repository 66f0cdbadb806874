"""The handshake's third segment carries the question."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import server
from estab.lab.scenarios._watch import watch
from estab.lab.sockets import Conn
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Data in the third segment"),
    paragraph=msg(
        "Nothing forbids the last segment of the handshake to carry data (RFC 9293 §3.5). Where a program writes without waiting for "
        "connect(), Linux knows when the SYN-ACK arrives that data waits, and holds the bare ACK back: ACK and question travel in one "
        "segment. The server goes from SYN-RECEIVED to ESTABLISHED and reads the question by the same packet."
    ),
    look=(
        msg("three segments, the third with a payload"),
        msg("with --set waits=yes the third is bare and the question is the fourth"),
    ),
    behaviours=(Behaviour.DATA_IN_THIRD_SEGMENT,),
    parameters={"waits": False},
    twin={"waits": True},
    lasts="1min",
)


async def client(host: Process, waits: bool) -> None:
    """Connects and asks; without waiting for connect() its write waits in the kernel."""
    with Conn(host, host.host.stack.socket()) as conn:
        try:
            conn.call(conn.socket.connect, SERVER, 80)
        except CallError as problem:
            if problem.errno != errno.EINPROGRESS:
                raise
        if waits:
            await host.sleep("1s")
        await conn.send_all(b"question")
        await conn.recv()


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world)
    payloads: list[int] = []
    world.results["payloads"] = payloads
    net.server.run(server)
    net.client.run(client, given.waits)
    seen = watch(net.client)
    world.at("10s", lambda: payloads.extend(len(one.segment.payload) for one in seen if one.sent))


def verify(run: Run) -> None:
    """SYN, then the question."""
    assert run.results["payloads"][:2] == [0, 8], run.results


def verify_twin(run: Run) -> None:
    """SYN, ACK, then the question."""
    assert run.results["payloads"][:3] == [0, 0, 8], run.results
