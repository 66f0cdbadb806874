"""A small receive buffer: the sender waits for room once a round trip, whatever the link could carry."""

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
    title=msg("A receive buffer that is too small"),
    paragraph=msg(
        "The server has set SO_RCVBUF to a few kilobytes, so its window is a few kilobytes and never grows. The sender may have that "
        "much under way and no more: it waits for an ACK once a round trip. On a path of 80 ms a link of 100 Mbit/s carries less than "
        "one. Leave the buffer to autotuning (tcp_rmem), or set it to bandwidth times delay."
    ),
    look=(
        msg("the sender stops exactly at the right edge of the window"),
        msg("throughput is window divided by round-trip time"),
    ),
    behaviours=(Behaviour.RECEIVE_WINDOW,),
    parameters={"rcvbuf": 4096},
    twin={"rcvbuf": 0},
    lasts="1min",
)
KILOBYTE = 1 << 10


async def server(host: Process, rcvbuf: int) -> None:
    """Reads as fast as it can; its listener's buffer size is inherited by the connection."""
    listener = host.listen(80)
    if rcvbuf:
        listener.set(rcvbuf=rcvbuf)
    with await listener.accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())
        host.world.results["took_ms"] = host.world.elapsed_ns // 1_000_000


async def client(host: Process, kilobytes: int) -> None:
    """Sends it all and closes."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(bytes(kilobytes * KILOBYTE))


def build(world: World, given: Given) -> None:
    """Two hosts 80 ms of round trip apart."""
    net = pair(world, delay="40ms", rate="100Mbit")
    net.server.run(server, given.rcvbuf)
    net.client.run(client, 400)


def verify(run: Run) -> None:
    """Much slower than the link, without a loss."""
    assert run.results["received"] == 400 * KILOBYTE and run.results["took_ms"] > 4000, run.results
    assert int(run.connections.client.window_fulls[0]) > 20 and int(run.connections.client.retransmits[0]) == 0


def verify_twin(run: Run) -> None:
    """With autotuning it takes some round trips."""
    assert run.results["received"] == 400 * KILOBYTE and run.results["took_ms"] < 1000, run.results
