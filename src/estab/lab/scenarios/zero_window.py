"""The receiver's application does not read: its window closes, and the sender may only ask whether it is still closed."""

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
    title=msg("Zero window: the receiver does not read"),
    paragraph=msg(
        "The client sends more than the server's receive buffer holds while the server's application does something else. The server "
        "acknowledges and offers a window of 0; the client stops and probes it at growing intervals until the application reads again. "
        "No packet is lost, and nothing on the network helps: flow control does what it is for."
    ),
    look=(
        msg("win 0 in the server's ACKs, then window probes at growing intervals"),
        msg("the window update that opens it again, sent as soon as the application has read enough"),
        msg("the probes are no retransmissions: the counter TcpExt.TCPWinProbe counts them"),
    ),
    behaviours=(Behaviour.ZERO_WINDOW,),
    findings=("flow.zero_window",),
    parameters={"sleeps": "20s", "megabytes": 8},
    twin={"sleeps": "0s"},
    lasts="3min",
)
MEGABYTE = 1 << 20


async def server(host: Process, sleeps: str) -> None:
    """Sleeps before it reads."""
    with await host.listen(80).accept() as conn:
        await host.sleep(sleeps)
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process, megabytes: int) -> None:
    """Sends it all and closes."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(bytes(megabytes * MEGABYTE))


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world, rate="100Mbit", delay="5ms")
    net.server.run(server, given.sleeps)
    net.client.run(client, given.megabytes)


def verify(run: Run) -> None:
    """The window was closed for seconds, it was probed, and everything arrived."""
    assert run.results["received"] == run.given.megabytes * MEGABYTE, run.results
    closed_ns = int(run.connections.server.zero_longest_ns[0])
    assert 15_000_000_000 < closed_ns < 20_000_000_000, closed_ns
    assert run.host("client").counter("TcpExt.TCPWinProbe") >= 4


def verify_twin(run: Run) -> None:
    """Who reads never closes the window."""
    assert run.results["received"] == run.given.megabytes * MEGABYTE and int(run.connections.server.zero_windows[0]) == 0
