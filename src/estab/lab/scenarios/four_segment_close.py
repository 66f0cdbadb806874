"""Each direction is closed by itself: FIN, ACK, and later FIN, ACK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The four-segment close"),
    paragraph=msg(
        "The client has nothing more to send and closes: FIN. The server acknowledges and may go on sending; when its "
        "application closes too, it sends its own FIN. The client acknowledges that and waits in TIME-WAIT for 60 s, so that a "
        "lost last ACK can be repeated and old segments die. With --set thinks=0s FIN and ACK of the server travel together: "
        "three segments."
    ),
    look=(
        msg("client: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT; server: CLOSE-WAIT, LAST-ACK, CLOSED"),
        msg("only who closes first goes through TIME-WAIT"),
        msg("each FIN takes one sequence number: its ACK is seq + 1"),
    ),
    behaviours=(Behaviour.FOUR_SEGMENT_CLOSE,),
    parameters={"thinks": "300ms"},
    lasts="2min",
)


async def server(host: Process, thinks: str) -> None:
    """Reads to the end, thinks, closes."""
    with await host.listen(80).accept() as conn:
        await conn.recv_all()
        await host.sleep(thinks)


async def client(host: Process) -> None:
    """Sends a little and closes first."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(b"good-bye")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world, delay="10ms")
    net.server.run(server, given.thinks)
    net.client.run(client)


def verify(run: Run) -> None:
    """Both ends went their ways, and TIME-WAIT was the client's."""
    ends = run.connections.states(0, 0), run.connections.states(0, 1)
    assert ends[0][-3:] == ["FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"], ends[0]
    assert ends[1][-2:] == ["CLOSE-WAIT", "LAST-ACK|CLOSED"], ends[1]  # whether the last ACK arrived the wire does not tell
    assert run.host("client").counter("TcpExt.TW") == 1 and run.host("server").counter("TcpExt.TW") == 0
