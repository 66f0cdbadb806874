"""After a pause the congestion window is small again: what was learnt of the path is old."""

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
    title=msg("Slow start after idle"),
    paragraph=msg(
        "A connection has opened its congestion window and then pauses for some seconds. What it knew of the path is old, so it starts"
        " again from ten segments (tcp_slow_start_after_idle), and the second transfer takes round trips like the first. With --set "
        "client.tcp_slow_start_after_idle=0 it goes on with the window that it had."
    ),
    look=(
        msg("the first burst after the pause: ten segments"),
        msg("the time of the second transfer with and without the knob"),
    ),
    behaviours=(Behaviour.IDLE_RESTART,),
    parameters={"restarts": True},
    twin={"restarts": False},
    lasts="1min",
)
KILOBYTE = 1 << 10

PART = 300 * KILOBYTE


async def server(host: Process) -> None:
    """Answers each part."""
    with await host.listen(80).accept() as conn:
        while len(await conn.recv_exactly(PART)) == PART:
            await conn.send_all(b"thanks")


async def client(host: Process) -> None:
    """Sends a part, pauses, sends another."""
    took = host.world.results["took_ms"] = []
    with await host.connect(SERVER, 80) as conn:
        for _ in range(2):
            began_ns = host.now_ns
            await conn.send_all(bytes(PART))
            await conn.recv_exactly(6)
            took.append((host.now_ns - began_ns) // 1_000_000)
            host.world.results["cwnd"] = conn.info().snd_cwnd_segments
            await host.sleep("10s")


def build(world: World, given: Given) -> None:
    """Two hosts 100 ms of round trip apart; what the client does after a pause is its knob."""
    net = pair(world, delay="50ms", rate="1Gbit", client={"tcp_slow_start_after_idle": int(given.restarts)})
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """The second part took as many round trips as the first."""
    first, second = run.results["took_ms"]
    assert first >= 500 and second >= 450, run.results


def verify_twin(run: Run) -> None:
    """Without the restart it took fewer."""
    first, second = run.results["took_ms"]
    assert first >= 500 and second <= 250, run.results
