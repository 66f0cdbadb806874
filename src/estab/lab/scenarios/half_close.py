"""The client has said everything but still listens: shutdown() ends one direction, the other goes on."""

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
    title=msg("Half-close: shutdown() and go on reading"),
    paragraph=msg(
        "The client ends its direction with shutdown(SHUT_WR): the end of the stream is the end of the question. The server reads to "
        "the end, computes, and sends a long answer from CLOSE-WAIT; the client receives it in FIN-WAIT-2. FIN-WAIT-2 has no time "
        "limit here: tcp_fin_timeout counts only for sockets that no process holds any more."
    ),
    look=(
        msg("data of the server after the client's FIN, acknowledged as any other"),
        msg("client in FIN-WAIT-2 for longer than tcp_fin_timeout, and nothing breaks"),
        msg("no RST: compare the scenario data_after_close"),
    ),
    behaviours=(Behaviour.HALF_CLOSE,),
    parameters={"thinks": "90s", "kilobytes": 200},
    lasts="5min",
)


async def server(host: Process, thinks: str, kilobytes: int) -> None:
    """Reads the whole question, thinks, answers, closes."""
    with await host.listen(80).accept() as conn:
        await conn.recv_all()
        await host.sleep(thinks)
        await conn.send_all(bytes(kilobytes * 1024))


async def client(host: Process) -> None:
    """Asks, says that this was all, and reads the answer."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(b"question")
        conn.shutdown()
        host.world.results["received"] = len(await conn.recv_all())


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world, delay="10ms")
    net.server.run(server, given.thinks, given.kilobytes)
    net.client.run(client)


def verify(run: Run) -> None:
    """The whole answer came after the FIN."""
    assert run.results["received"] == run.given.kilobytes * 1024, run.results
    assert run.connections.states(0, 0)[-3:] == ["FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT"], run.connections.states(0, 0)
    assert "CLOSE-WAIT" in run.connections.states(0, 1)
    assert run.host("client").counter("Tcp.OutRsts") == 0 == run.host("server").counter("Tcp.OutRsts")
