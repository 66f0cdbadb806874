"""Some packets are overtaken: they arrive late, and the sender must not take that for a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.faults import Delay, FaultRule, every
from estab.lab.match import DATA
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Packets overtake each other"),
    paragraph=msg(
        "Every twentieth packet takes 5 ms longer and arrives behind eight later ones. The receiver keeps what came early and reports it "
        "by SACK. The first time three segments reported behind a gap are enough for the sender: it repeats the segment that was only "
        "late, and the timestamp of the answer shows that it need not have. From then on RACK waits for up to a quarter of a round trip "
        "before it believes in a loss (RFC 8985), and repeats nothing more."
    ),
    look=(
        msg("SACK blocks whose gaps are filled a little later, with one retransmission in all"),
        msg("at the server's side segments arrive out of order"),
        msg("with --set client.tcp_recovery=0 several are repeated for nothing"),
    ),
    behaviours=(Behaviour.REORDERING, Behaviour.RACK),
    findings=("order.out_of_order",),
    parameters={"step": 20, "late": "5ms"},
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
    """Two hosts on one cable, on which some data are overtaken."""
    net = pair(world, delay="20ms", rate="20Mbit")
    net.link.add(FaultRule(DATA, Delay(given.late), choice=every(given.step)), toward=net.server)
    net.server.run(server)
    net.client.run(client, 500)


def verify(run: Run) -> None:
    """The receiver had to reorder again and again, and the sender was fooled once."""
    counter = run.host("client").counter
    assert run.results["received"] == 500 * KILOBYTE, run.results
    assert run.host("server").counter("TcpExt.TCPOFOQueue") > 100 and counter("TcpExt.TCPSACKReorder") > 10
    assert counter("Tcp.RetransSegs") == 1 and counter("TcpExt.TCPTSReorder") == 1, run.counters["client"]


def verify_twin(run: Run) -> None:
    """In order nothing waits in the queue."""
    assert run.results["received"] == 500 * KILOBYTE and run.host("server").counter("TcpExt.TCPOFOQueue") == 0
