"""The server never closes; the client's kernel gives up the orphan in FIN-WAIT-2 after tcp_fin_timeout."""

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
    title=msg("FIN-WAIT-2: an orphan is given up"),
    paragraph=msg(
        "The client has closed and its FIN is acknowledged, but the server's application takes two minutes to close its side. No "
        "process holds the client's socket any more, so the kernel keeps FIN-WAIT-2 for tcp_fin_timeout (60 s) only. When the "
        "server's FIN comes at last, nothing at the client knows it, and the answer is RST. Nothing is lost, since nobody was "
        "reading. Compare half_close, where a process still holds the socket."
    ),
    look=(
        msg("60 s after the FIN the client's table is empty, the server is still in CLOSE-WAIT"),
        msg("the late FIN of the server is answered by RST"),
        msg("with --set client.tcp_fin_timeout=200 the FIN is acknowledged instead"),
    ),
    behaviours=(Behaviour.FIN_WAIT_2_TIMEOUT,),
    parameters={"thinks": "2min"},
    lasts="4min",
)


async def server(host: Process, thinks: str) -> None:
    """Reads to the end, and closes much later."""
    conn = await host.listen(80).accept()
    await conn.recv_all()
    await host.sleep(thinks)
    conn.close()


async def client(host: Process) -> None:
    """Says good-bye and closes."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(b"good-bye")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world)
    net.server.run(server, given.thinks)
    net.client.run(client)
    world.at("50s", lambda: world.results.update({"after 50 s": sorted(entry.state.label for entry in net.client.sockets())}))
    world.at("70s", lambda: world.results.update({"after 70 s": sorted(entry.state.label for entry in net.client.sockets())}))


def verify(run: Run) -> None:
    """FIN-WAIT-2 for a minute, then nothing, then RST."""
    assert run.results == {"after 50 s": ["FIN-WAIT-2"], "after 70 s": []}, run.results
    assert run.host("client").counter("Tcp.OutRsts") == 1
