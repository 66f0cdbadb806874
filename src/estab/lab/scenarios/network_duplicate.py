"""The network delivers packets twice: the receiver says so, and the sender must not take it for its own doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.faults import Duplicate, FaultRule, every
from estab.lab.match import DATA
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The network duplicates packets"),
    paragraph=msg(
        "Something on the way delivers some packets twice. The receiver drops the second and reports it by D-SACK (RFC 2883). The "
        "sender has sent nothing again: the same IP identification shows that the copy was made on the way."
    ),
    look=(
        msg("two packets with the same sequence number and the same IP identification"),
        msg("the receiver's ACK with a SACK block below the acknowledged number"),
    ),
    behaviours=(Behaviour.DUPLICATION, Behaviour.DSACK),
    findings=("order.network_duplicate",),
    parameters={"step": 20},
    twin={"step": 100000},
    tap="server",
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
    """Two hosts on one cable, which delivers some data twice."""
    net = pair(world, delay="20ms", rate="20Mbit")
    net.link.add(FaultRule(DATA, Duplicate(after="1ms"), choice=every(given.step)), toward=net.server)
    net.server.run(server)
    net.client.run(client, 500)


def verify(run: Run) -> None:
    """Copies arrived and were reported; none was a retransmission."""
    assert run.results["received"] == 500 * KILOBYTE, run.results
    assert int(run.connections.client.duplicates[0]) >= 10 and run.host("client").counter("Tcp.RetransSegs") == 0
    assert run.host("server").counter("TcpExt.TCPDSACKOldSent") >= 10


def verify_twin(run: Run) -> None:
    """Without copies there is no D-SACK."""
    assert run.results["received"] == 500 * KILOBYTE and run.host("server").counter("TcpExt.TCPDSACKOldSent") == 0
