"""After a loss only what is missing is sent again."""

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
    title=msg("Selective repeat"),
    paragraph=msg(
        "Many segments are under way and one is lost. The receiver keeps what came behind it and reports it; the sender sends again "
        "what is missing and nothing else. TCP with SACK works so."
    ),
    look=(
        msg("one loss, one retransmission"),
        msg("the ACK after it acknowledges all at once"),
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
    net.client.sending = SendingProfile(arq_mode=ArqMode.SELECTIVE)
    net.link.add(FaultRule(DATA, Drop(), choice=nth(given.lost)), toward=net.server)
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """Everything arrived, and this was sent again for it."""
    client = run.connections.client
    assert run.results["received"] == SEGMENTS * MSS_BYTES, run.results
    assert int(client.retransmit_data[0]) == 1, int(client.retransmit_data[0])


def verify_twin(run: Run) -> None:
    """Without the loss nothing is sent twice."""
    assert run.results["received"] == SEGMENTS * MSS_BYTES and int(run.connections.client.retransmits[0]) == 0
