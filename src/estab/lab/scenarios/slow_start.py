"""Ten segments, then twice as many each round trip: a transfer takes round trips before it takes bandwidth."""

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
    title=msg("Slow start"),
    paragraph=msg(
        "The path is long and fast, and nothing is lost. Yet the sender begins with ten segments (RFC 6928) and doubles that each "
        "round trip, so a transfer of 300 kB takes five round trips, most of which the link is idle. A short transfer never sees the "
        "bandwidth that was paid for."
    ),
    look=(
        msg("bursts of 10, 20, 40, … segments, a round trip apart"),
        msg("the time of the transfer is a number of round trips, not bytes divided by the rate"),
    ),
    behaviours=(Behaviour.SLOW_START,),
    parameters={"kilobytes": 300},
    lasts="1min",
)
KILOBYTE = 1 << 10


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process, kilobytes: int) -> None:
    """Sends, and waits until all is acknowledged by the end of the stream."""
    with await host.connect(SERVER, 80) as conn:
        began_ns = host.now_ns
        await conn.send_all(bytes(kilobytes * KILOBYTE))
        conn.shutdown()
        await conn.recv_all()
        host.world.results["took_ms"] = (host.now_ns - began_ns) // 1_000_000


def build(world: World, given: Given) -> None:
    """Two hosts 100 ms of round trip apart on a gigabit."""
    net = pair(world, delay="50ms", rate="1Gbit")
    net.server.run(server)
    net.client.run(client, given.kilobytes)


def verify(run: Run) -> None:
    """Five round trips: 10 + 20 + 40 + 80 segments are not enough for 300 kB."""
    assert run.results["received"] == 300 * KILOBYTE, run.results
    assert 500 <= run.results["took_ms"] < 600, run.results
    assert int(run.connections.client.retransmits[0]) == 0
