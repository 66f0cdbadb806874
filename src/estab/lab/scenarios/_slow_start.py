"""A transfer over a long path with a long queue: what the scenarios of leaving slow start share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.engine.sending.profile import SendingProfile, SlowStartExit
from estab.errors import MisuseError
from estab.lab.stage import SERVER, pair

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.scenario import Given
    from estab.lab.sockets import Conn
    from estab.lab.world import World

KILOBYTE = 1 << 10
SENT_BYTES = 5000 * KILOBYTE


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process) -> None:
    """Sends it all and closes."""
    with await host.connect(SERVER, 80, congestion="cubic") as conn:
        host.spawn(note, conn)
        await conn.send_all(bytes(SENT_BYTES))


async def note(host: Process, conn: Conn) -> None:
    """The congestion window every round trip, for two seconds."""
    windows = host.world.results["windows"] = []
    for _ in range(20):
        windows.append(conn.info().snd_cwnd_segments)
        await host.sleep("100ms")


def play(world: World, given: Given) -> None:
    """A path of 100 ms with a long queue in front of its slow link."""
    exits = {way.name.lower(): way for way in SlowStartExit}
    if given.exit not in exits:
        raise MisuseError(f"exit is one of {', '.join(exits)}, not {given.exit}")
    net = pair(world, delay="50ms", rate="20Mbit", queue_packets=1000)
    net.client.sending = SendingProfile(slow_start_exit=exits[given.exit])
    net.server.run(server)
    net.client.run(client)


def verify_sign(run: Run) -> None:
    """The window grew to a good part of what the path holds (170 segments), and nothing was lost."""
    assert run.results["received"] == SENT_BYTES and max(run.results["windows"]) >= 60, run.results
    assert run.host("client").counter("Tcp.RetransSegs") == 0, run.counters["client"]
