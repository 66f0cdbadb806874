"""Messages sent one by one arrive in other pieces: TCP carries a stream of bytes."""

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
    title=msg("Messages run together, and apart"),
    paragraph=msg(
        "The client calls send() once for each message, and the server takes each recv() for a message. Small messages that are sent "
        "while an earlier one waits for its ACK travel in one segment, and a long one arrives in several. Nothing is wrong with TCP: "
        "it carries a stream of bytes and knows no messages; the application owes the framing."
    ),
    look=(
        msg("several messages in one segment"),
        msg("the number of send() calls, of segments and of recv() calls: three different numbers"),
    ),
    behaviours=(Behaviour.BYTE_STREAM,),
    lasts="1min",
)
MESSAGES = 30


async def server(host: Process) -> None:
    """Takes every piece for a message."""
    with await host.listen(80).accept() as conn:
        pieces = []
        while piece := await conn.recv():
            pieces.append(len(piece))
            await host.sleep("1ms")
        host.world.results["pieces"] = pieces


async def client(host: Process) -> None:
    """Sends small messages, one call each, and one long message."""
    with await host.connect(SERVER, 80) as conn:
        for _ in range(MESSAGES):
            await conn.send_all(bytes(20))
        await conn.send_all(bytes(8000))


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    del given
    net = pair(world, delay="10ms", rate="10Mbit")
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """All bytes arrived, in other pieces than they were sent."""
    pieces = run.results["pieces"]
    assert sum(pieces) == MESSAGES * 20 + 8000, pieces
    assert len(pieces) < MESSAGES and pieces.count(20) < MESSAGES // 2 and 8000 not in pieces, pieces
