"""Several segments of one window are lost: SACK tells which, and one round trip repairs them all."""

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
    title=msg("SACK repairs many losses at once"),
    paragraph=msg(
        "Four segments of one window are lost. The receiver reports by SACK what it has, so the sender knows each of the gaps and "
        "fills them all within about one round trip (RFC 6675). Without SACK (--set tcp_sack=0) it learns of one gap a round trip (RFC"
        " 6582)."
    ),
    look=(
        msg("up to three ranges in the SACK option of the duplicate ACKs"),
        msg("four retransmissions close together, none of anything that had arrived"),
    ),
    behaviours=(Behaviour.SACK,),
    findings=("loss.retransmission",),
    parameters={"losses": 4},
    twin={"losses": 0},
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
    """Two hosts on one cable, which loses every third of some segments."""
    net = pair(world, delay="20ms", rate="20Mbit")
    lost = range(40, 40 + 3 * given.losses, 3)
    net.link.add(FaultRule(DATA, Drop(), choice=nth(*lost)), toward=net.server)
    net.server.run(server)
    net.client.run(client, 300)


def verify(run: Run) -> None:
    """As many retransmissions as losses, in one recovery and without the timer."""
    client = run.connections.client
    assert run.results["received"] == 300 * KILOBYTE, run.results
    assert int(client.retransmit_data[0]) == run.given.losses, int(client.retransmit_data[0])
    assert int(client.retransmit_last_ns[0]) - int(client.retransmit_first_ns[0]) < 60_000_000
    counter = run.host("client").counter
    assert counter("TcpExt.TCPSackRecovery") == 1 and counter("TcpExt.TCPTimeouts") == 0


def verify_twin(run: Run) -> None:
    """Without losses nothing is sent twice."""
    assert run.results["received"] == 300 * KILOBYTE and int(run.connections.client.retransmits[0]) == 0
