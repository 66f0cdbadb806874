"""Nothing is lost, but the path stands still for a second: the timer repeats what was only late, and the sender takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.faults import Delay, FaultRule
from estab.lab.match import PURE_ACK
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A spurious timeout"),
    paragraph=msg(
        "For a moment the path holds everything back, as a mobile network does at a handover. The timer runs out and the first segment"
        " is sent again although nothing was lost. When the delayed ACKs arrive, their timestamps and F-RTO (RFC 5682) tell that the "
        "originals had arrived: the sender takes its congestion window back and goes on."
    ),
    look=(
        msg("a repetition by the timer, and soon after it ACKs that the originals had drawn"),
        msg("the receiver's D-SACK for what came twice"),
    ),
    behaviours=(Behaviour.UNDO_BY_TIMESTAMPS,),
    parameters={"late": "700ms"},
    twin={"late": "0ms"},
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
    """Two hosts on one cable, which for a while delivers late."""
    net = pair(world, delay="20ms", rate="20Mbit")
    net.link.add(FaultRule(PURE_ACK, Delay(given.late), since="300ms", until="310ms"), toward=net.client)
    net.link.add(FaultRule(PURE_ACK, Delay(given.late), since="310ms", until="900ms"), toward=net.client)
    net.server.run(server)
    net.client.run(client, 3000)


def verify(run: Run) -> None:
    """The timer ran out, and the sender found that it need not have."""
    counter = run.host("client").counter
    assert run.results["received"] == 3000 * KILOBYTE, run.results
    assert counter("TcpExt.TCPTimeouts") >= 1, run.counters["client"]
    assert counter("TcpExt.TCPSpuriousRTOs") + counter("TcpExt.TCPLossUndo") + counter("TcpExt.TCPFullUndo") >= 1, run.counters["client"]


def verify_twin(run: Run) -> None:
    """Without the delay no timer runs out."""
    assert run.results["received"] == 3000 * KILOBYTE and run.host("client").counter("TcpExt.TCPTimeouts") == 0
