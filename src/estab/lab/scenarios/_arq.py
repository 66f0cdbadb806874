"""A transfer over a cable that loses one data segment: what the scenarios of repairing losses share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.profile import ArqMode, SendingProfile
from estab.lab.faults import Drop, FaultRule, nth
from estab.lab.match import DATA
from estab.lab.stage import SERVER, pair

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.scenario import Given
    from estab.lab.world import World

MSS_BYTES, SEGMENTS = 1448, 40


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process) -> None:
    """Sends it all and closes."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(bytes(SEGMENTS * MSS_BYTES))


def play(world: World, given: Given, mode: ArqMode) -> None:
    """Two hosts on one cable, which loses one data segment."""
    net = pair(world, delay="20ms", rate="20Mbit")
    net.client.sending = SendingProfile(arq_mode=mode)
    net.link.add(FaultRule(DATA, Drop(), choice=nth(given.lost)), toward=net.server)
    net.server.run(server)
    net.client.run(client)


def all_arrived(run: Run) -> bool:
    """Whether the server read every byte."""
    received: int = run.results["received"]
    return received == SEGMENTS * MSS_BYTES


def verify_undisturbed(run: Run) -> None:
    """Without the loss nothing is sent twice."""
    assert all_arrived(run) and int(run.connections.client.retransmits[0]) == 0
