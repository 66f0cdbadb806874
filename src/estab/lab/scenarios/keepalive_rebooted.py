"""Keepalive meets a peer that has rebooted: the first probe is answered by RST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import SECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Keepalive finds that the peer has rebooted"),
    paragraph=msg(
        "The client waits for news on an idle connection while the server reboots. Without keepalive it would wait for ever, because it "
        "never sends. The first probe after the reboot meets a kernel that knows nothing of the connection and answers with RST: recv() "
        "fails with ECONNRESET at once, not after keepcnt probes as for a dead peer."
    ),
    look=(
        msg("probes that are answered, then silence while the server is off, then a RST"),
        msg("ECONNRESET and not ETIMEDOUT"),
    ),
    behaviours=(Behaviour.KEEPALIVE_REBOOTED,),
    findings=("half_open.peer_restarted",),
    parameters={"reboots": True},
    twin={"reboots": False},
    lasts="2min",
)


async def server(host: Process) -> None:
    """Sends one piece of news and then has none."""
    listener = host.listen(80)
    while True:
        conn = await listener.accept()
        await conn.send_all(b"news")


async def client(host: Process) -> None:
    """Waits for news with keepalive."""
    conn = await host.connect(SERVER, 80, keepalive=1, keepidle=10, keepintvl=10, keepcnt=6)
    await conn.recv()
    try:
        await conn.recv()
    except CallError as problem:
        host.world.results.update({"recv()": problem.strerror, "after_s": host.world.elapsed_ns // SECOND_NS})


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; the server reboots between two probes."""
    net = pair(world)
    net.server.run(server, at_boot=True)
    net.client.run(client)
    if given.reboots:
        world.at("32s", lambda: net.server.reboot("5s"))


def verify(run: Run) -> None:
    """The first probe after the reboot told."""
    assert run.results == {"recv()": "ECONNRESET", "after_s": 40}, run.results


def verify_twin(run: Run) -> None:
    """A living peer answers, and the client goes on waiting."""
    assert run.results == {}, run.results
    assert int(run.connections.client.keepalives_answered[0]) >= 10
