"""The server has nothing more to say when the client's FIN comes: its FIN and its ACK travel together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.lab.timeline import StateRecord
from estab.machine.states import State
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The three-segment close"),
    paragraph=msg(
        "The client closes; the server's application is waiting in recv(), sees the end of the stream and closes at once. Its kernel "
        "has not yet acknowledged the FIN (the ACK is delayed), so the acknowledgement and the server's own FIN go in one segment. "
        "FIN, FIN+ACK, ACK: the client goes from FIN-WAIT-1 through FIN-WAIT-2 to TIME-WAIT in one instant. Four segments are needed "
        "only where the server still has something to do."
    ),
    look=(
        msg("the server's only segment of the close carries FIN and acknowledges the client's"),
        msg("the client does not wait in FIN-WAIT-2: one segment is both the ACK and the FIN"),
        msg("the server passes through CLOSE-WAIT all the same, for no time at all"),
    ),
    behaviours=(Behaviour.THREE_SEGMENT_CLOSE,),
    parameters={"thinks": "0s"},
    lasts="2min",
)


async def server(host: Process, thinks: str) -> None:
    """Reads to the end and closes."""
    with await host.listen(80).accept() as conn:
        await conn.recv_all()
        await host.sleep(thinks)


async def client(host: Process) -> None:
    """Sends a little, waits a little, closes first."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(b"good-bye")
        await host.sleep("1s")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world, delay="10ms")
    net.server.run(server, given.thinks)
    net.client.run(client)


def verify(run: Run) -> None:
    """No time between FIN-WAIT-2 and TIME-WAIT, nor between CLOSE-WAIT and LAST-ACK; eight segments in all."""
    been = {record.new: record.time_ns for record in run.timeline.records if isinstance(record, StateRecord)}
    assert been[State.FIN_WAIT_2] == been[State.TIME_WAIT] and been[State.CLOSE_WAIT] == been[State.LAST_ACK], been
    assert int(run.connections.client.packets[0]) == 5 and int(run.connections.server.packets[0]) == 3
    assert int(run.connections.client.fins[0]) == int(run.connections.server.fins[0]) == 1
