"""Without window scaling a window is at most 64 KiB: a long fast path stays empty."""

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
    title=msg("Window scaling"),
    paragraph=msg(
        "The window field has 16 bits. Without the window scale option, because an end does not offer it or a device strips it, the "
        "window is at most 65,535 bytes, and a path of 100 ms carries at most 5 Mbit/s, however fast its links are (RFC 7323). With "
        "the option the same transfer takes a fraction."
    ),
    look=(
        msg("wscale in both SYNs, or missing in one: then neither scales"),
        msg("no more than 65,535 bytes under way"),
    ),
    behaviours=(Behaviour.WINDOW_SCALING,),
    parameters={"scales": False},
    twin={"scales": True},
    lasts="1min",
)
KILOBYTE = 1 << 10


async def server(host: Process) -> None:
    """Reads as fast as it can."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())
        host.world.results["took_ms"] = host.world.elapsed_ns // 1_000_000


async def client(host: Process, kilobytes: int) -> None:
    """Sends it all and closes."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(bytes(kilobytes * KILOBYTE))


def build(world: World, given: Given) -> None:
    """Two hosts 100 ms of round trip apart; the server may offer no window scale."""
    net = pair(world, delay="50ms", rate="1Gbit", server={"tcp_window_scaling": int(given.scales)})
    net.server.run(server)
    net.client.run(client, 8000)


def verify(run: Run) -> None:
    """A window a round trip."""
    assert run.results["received"] == 8000 * KILOBYTE and run.results["took_ms"] > 12_000, run.results
    assert int(run.connections.client.flight_max_bytes[0]) <= 65_535


def verify_twin(run: Run) -> None:
    """Scaled, more is under way."""
    assert run.results["received"] == 8000 * KILOBYTE and run.results["took_ms"] < 3000, run.results
    assert int(run.connections.client.flight_max_bytes[0]) > 500_000
