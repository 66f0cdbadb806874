"""The last segment of a message is lost: nothing behind it tells, so the sender probes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.faults import Drop, FaultRule, nth
from estab.lab.match import DATA
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A lost tail, and the probe that finds it"),
    paragraph=msg(
        "The last segment of a request is lost. Nothing follows that would draw duplicate ACKs, so fast retransmit cannot help. "
        "Instead of waiting for the retransmission timeout, the sender sends its last segment again after about two round trips (RFC "
        "8985): the probe repairs the loss itself, or its ACK tells of it."
    ),
    look=(
        msg("silence of about two round trips, then the last segment again"),
        msg("TcpExt.TCPLossProbes counts it, TcpExt.TCPTimeouts does not"),
    ),
    behaviours=(Behaviour.TAIL_LOSS_PROBE,),
    parameters={"request": 10},
    twin={"request": 0},
    lasts="1min",
)
REQUESTS = 20


async def server(host: Process) -> None:
    """Answers each request."""
    with await host.listen(80).accept() as conn:
        while await conn.recv_exactly(4000):
            await conn.send_all(b"answer")


async def client(host: Process) -> None:
    """Asks, waits for the answer, asks again."""
    with await host.connect(SERVER, 80, nodelay=1) as conn:
        for _ in range(REQUESTS):
            await conn.send_all(bytes(4000))
            await conn.recv_exactly(6)
        host.world.results["answers"] = REQUESTS


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses the last segment of one request: each has three."""
    net = pair(world, delay="20ms")
    net.link.add(FaultRule(DATA, Drop(), choice=nth(3 * given.request)), toward=net.server)
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """A probe repaired it, before the timer ran out."""
    assert run.results["answers"] == REQUESTS, run.results
    counter = run.host("client").counter
    assert counter("TcpExt.TCPLossProbes") == 1 and counter("TcpExt.TCPTimeouts") == 0
    assert int(run.connections.client.tail_probes[0]) == 1 and int(run.connections.client.retransmits[0]) == 1


def verify_twin(run: Run) -> None:
    """Without the loss there is nothing to probe."""
    assert run.results["answers"] == REQUESTS and run.host("client").counter("TcpExt.TCPLossProbes") == 0
