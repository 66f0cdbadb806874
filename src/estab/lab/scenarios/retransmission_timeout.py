"""The path swallows everything for some seconds: the timer repeats, each time after twice the wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.faults import Drop, FaultRule
from estab.lab.match import DATA
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Retransmission timeout and backoff"),
    paragraph=msg(
        "For some seconds the path swallows all that the client sends. No duplicate ACK tells of it, because nothing arrives; so the "
        "retransmission timer runs out, the segment is sent again, and the wait doubles each time (RFC 6298). When the path works "
        "again, the user still waits for the rest of the latest, longest interval."
    ),
    look=(
        msg("the intervals between repetitions of the same segment double"),
        msg("the first ACK after the outage answers a repetition"),
    ),
    behaviours=(Behaviour.RTO, Behaviour.BACKOFF),
    findings=("loss.retransmission", "loss.rto", "loss.rto_backoff"),
    parameters={"until": "4s"},
    twin={"until": "1s"},
    lasts="1min",
)


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process) -> None:
    """Sends a little every 100 ms for five seconds."""
    with await host.connect(SERVER, 80) as conn:
        for _ in range(50):
            await conn.send_all(bytes(500))
            await host.sleep("100ms")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which swallows data from the first second on."""
    net = pair(world, delay="20ms")
    net.link.add(FaultRule(DATA, Drop(), since="1s", until=given.until), toward=net.server)
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """The timer ran out again and again, and everything arrived."""
    client = run.connections.client
    assert run.results["received"] == 25_000, run.results
    assert int(client.timeouts[0]) >= 3 and int(client.run_max[0]) >= 3, (int(client.timeouts[0]), int(client.run_max[0]))
    assert run.host("client").counter("TcpExt.TCPTimeouts") >= 3


def verify_twin(run: Run) -> None:
    """Without the outage nothing is sent twice."""
    assert run.results["received"] == 25_000 and int(run.connections.client.retransmits[0]) == 0
