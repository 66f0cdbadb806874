"""One segment under way at a time: the simplest repair of losses, and the slowest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.profile import ArqMode, SendingProfile
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
    title=msg("Stop and wait"),
    paragraph=msg(
        "The sender sends one segment and waits for its acknowledgement before the next; when it does not come, the timer sends the "
        "segment again. Nothing can come out of order, but the path carries one segment a round trip, whatever its rate."
    ),
    look=(
        msg("one data segment, one ACK, one data segment, …"),
        msg("after the loss: silence until the timer runs out"),
    ),
    behaviours=(9,),
    parameters={"lost": 3},
    twin={"lost": 0},
    lasts="1min",
)
MSS_BYTES, SEGMENTS = 1448, 40


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process) -> None:
    """Sends it all and closes."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(bytes(SEGMENTS * MSS_BYTES))


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses one data segment."""
    net = pair(world, delay="20ms", rate="20Mbit")
    net.client.sending = SendingProfile(arq_mode=ArqMode.STOP_AND_WAIT)
    net.link.add(FaultRule(DATA, Drop(), choice=nth(given.lost)), toward=net.server)
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """Everything arrived, and this was sent again for it."""
    client = run.connections.client
    assert run.results["received"] == SEGMENTS * MSS_BYTES, run.results
    assert int(client.retransmit_data[0]) == 1 and run.host("client").counter("TcpExt.TCPTimeouts") >= 1
    assert int(client.flight_max_bytes[0]) <= 2 * MSS_BYTES + 1, int(client.flight_max_bytes[0])


def verify_twin(run: Run) -> None:
    """Without the loss nothing is sent twice."""
    assert run.results["received"] == SEGMENTS * MSS_BYTES and int(run.connections.client.retransmits[0]) == 0
