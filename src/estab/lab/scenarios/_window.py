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

KILOBYTE = 1 << 10


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process, algorithm: str) -> None:
    """Sends for a while and notes its window every 50 ms."""
    with await host.connect(SERVER, 80, congestion=algorithm) as conn:
        host.spawn(watch, conn)
        await conn.send_all(bytes(24_000 * KILOBYTE))
        await host.sleep("10s")


async def watch(host: Process, conn: Conn) -> None:
    """The congestion window over time, while there is something to send."""
    windows = host.world.results["windows"] = []
    for _ in range(300):
        await host.sleep("50ms")
        windows.append(conn.info().snd_cwnd_segments)


def play(world: World, given: Given) -> None:
    """A bottleneck of 10 Mbit/s with room for a few packets."""
    net = pair(world, delay="20ms", rate="10Mbit", queue_packets=given.queue)
    net.server.run(server)
    net.client.run(client, given.algorithm)


def verify_falls(run: Run) -> None:
    """The window went up and down several times, within what path and queue hold."""
    windows = run.results["windows"][20::5]
    falls = sum(1 for one, other in itertools.pairwise(windows) if other < 0.9 * one)
    assert run.results["received"] == 24_000 * KILOBYTE and falls >= 3, (falls, windows)
    assert run.host("client").counter("TcpExt.TCPTimeouts") == 0
