"""One segment is lost in the middle: the ACKs of those behind it tell, and it is sent again within a round trip."""

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
    title=msg("Fast retransmit"),
    paragraph=msg(
        "One segment of many is lost. Those behind it arrive, and the receiver acknowledges each with the number that it is still "
        "waiting for, and by SACK with what it has. The sender concludes the loss from them and sends the segment again about one "
        "round trip later, long before its timer would run out."
    ),
    look=(
        msg("duplicate ACKs with SACK blocks, then one retransmission"),
        msg("the ACK after the repair jumps over all that had arrived"),
    ),
    behaviours=(Behaviour.FAST_RETRANSMIT,),
    parameters={"lost": 20},
    twin={"lost": 0},
    lasts="1min",
)
KILOBYTE = 1 << 10


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process, kilobytes: int) -> None:
    """Sends it all and closes."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(bytes(kilobytes * KILOBYTE))


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses one data segment."""
    net = pair(world, delay="20ms", rate="20Mbit")
    net.link.add(FaultRule(DATA, Drop(), choice=nth(given.lost)), toward=net.server)
    net.server.run(server)
    net.client.run(client, 200)


def verify(run: Run) -> None:
    """One retransmission, by duplicate ACKs and not by the timer."""
    client = run.connections.client
    assert run.results["received"] == 200 * KILOBYTE, run.results
    assert int(client.retransmit_data[0]) == int(client.fast_retransmits[0]) == 1 and int(client.timeouts[0]) == 0
    assert int(run.connections.server.dup_acks[0]) >= 3
    assert run.host("client").counter("TcpExt.TCPTimeouts") == 0 and run.host("client").counter("TcpExt.TCPFastRetrans") == 1


def verify_twin(run: Run) -> None:
    """Without the loss nothing is sent twice."""
    assert run.results["received"] == 200 * KILOBYTE and int(run.connections.client.retransmits[0]) == 0
