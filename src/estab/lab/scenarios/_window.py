"""A sender that fills a slow link with a short queue: what the scenarios of congestion control share."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from estab.lab.stage import SERVER, pair

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.scenario import Given
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SENT_BYTES = 24_000 << 10
LEAST_SAMPLES = 35
"""A rise of the window lasts longer than slow start."""


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process, algorithm: str) -> None:
    """Sends for a while and notes its window every 50 ms."""
    with await host.connect(SERVER, 80, congestion=algorithm) as conn:
        host.spawn(watch, conn)
        await conn.send_all(bytes(SENT_BYTES))
        await host.sleep("10s")


async def watch(host: Process, conn: Conn) -> None:
    """The congestion window over time, while there is something to send."""
    windows = host.world.results["windows"] = []
    for _ in range(300):
        await host.sleep("50ms")
        windows.append(conn.info().snd_cwnd_segments)


def play(world: World, given: Given, *, delay: str = "20ms") -> None:
    """A bottleneck of 10 Mbit/s with room for a few packets."""
    net = pair(world, delay=delay, rate="10Mbit", queue_packets=given.queue)
    net.server.run(server)
    net.client.run(client, given.algorithm)


def rises_of(run: Run) -> list[list[int]]:
    """The stretches in which the window did not become smaller, slow start left out."""
    rises: list[list[int]] = [[]]
    for earlier, later in itertools.pairwise(run.results["windows"]):
        if later < earlier:
            rises.append([])
        rises[-1].append(later)
    return [rise for rise in rises if len(rise) >= LEAST_SAMPLES]


def growth(rise: list[int]) -> tuple[int, int, int]:
    """By how much the window grew in the first, the second and the last third of a rise."""
    one, two = len(rise) // 3, 2 * len(rise) // 3
    return rise[one] - rise[0], rise[two] - rise[one], rise[-1] - rise[two]


def shares_left(rises: list[list[int]]) -> list[float]:
    """What was left of the window after each loss."""
    return [round(later[0] / earlier[-1], 2) for earlier, later in itertools.pairwise(rises)]
