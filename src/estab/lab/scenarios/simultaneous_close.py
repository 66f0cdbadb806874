"""Both ends close at the same moment: two FINs cross, both go through CLOSING, and both keep TIME-WAIT."""

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
    title=msg("Simultaneous close"),
    paragraph=msg(
        "Both applications close before they have heard of the other's close. The FINs cross: each end is in FIN-WAIT-1, receives a "
        "FIN that does not acknowledge its own, and goes to CLOSING; the ACK that follows takes it to TIME-WAIT. It is the one way by "
        "which both ends keep TIME-WAIT."
    ),
    look=(
        msg("both FINs are on the way at once, neither acknowledges the other"),
        msg("both ends: FIN-WAIT-1, CLOSING, TIME-WAIT"),
        msg("TcpExt.TW grows on both hosts"),
    ),
    behaviours=(Behaviour.SIMULTANEOUS_CLOSE,),
    parameters={"later": "0ms"},
    lasts="2min",
)


async def server(host: Process, at: str) -> None:
    """Closes at the agreed time."""
    conn = await host.listen(80).accept()
    await host.sleep(at)
    conn.close()


async def client(host: Process, later: str) -> None:
    """Closes at the agreed time as well, or a little later."""
    conn = await host.connect(SERVER, 80)
    await host.sleep("1050ms")
    await host.sleep(later)
    conn.close()


def build(world: World, given: Given) -> None:
    """Two hosts on a cable of 50 ms each way: the server learns of the connection 50 ms after the client."""
    net = pair(world, delay="50ms")
    net.server.run(server, "1s")
    net.client.run(client, given.later)


def verify(run: Run) -> None:
    """Both ends went through CLOSING, and both had TIME-WAIT."""
    closing = sorted(record.where for record in run.timeline.records if isinstance(record, StateRecord) and record.new is State.CLOSING)
    assert closing == ["client", "server"], closing
    assert [run.host(name).counter("TcpExt.TW") for name in ("client", "server")] == [1, 1]
