"""Each message ends with a line feed, which it must not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.framing import Delimiter, MessageStream
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Framing by delimiter"),
    paragraph=msg(
        "Each message ends with a line feed, as in HTTP headers, SMTP and Redis. The reader looks for it in what it has collected; the"
        " message itself must not hold it, or must escape it, and the search needs a bound."
    ),
    look=(
        msg("a segment may end in the middle of a message, and hold the ends of several"),
        msg("the server gets each message as it was sent, although TCP cut the stream elsewhere"),
    ),
    behaviours=(11,),
    lasts="1min",
)
MESSAGES = tuple(bytes([65 + number % 26]) * (1 + 37 * number % 200) for number in range(60))
FRAMING = Delimiter()


async def server(host: Process) -> None:
    """Collects messages."""
    with await host.listen(80).accept() as conn:
        stream, got = MessageStream(conn, FRAMING), []
        while (message := await stream.receive()) is not None:
            got.append(message)
        host.world.results["messages"] = len(got)
        host.world.results["as sent"] = [message.rstrip(b"\0") for message in got] == list(MESSAGES)


async def client(host: Process) -> None:
    """Sends messages of many lengths."""
    with await host.connect(SERVER, 80) as conn:
        stream = MessageStream(conn, FRAMING)
        for message in MESSAGES:
            await stream.send(message)


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    del given
    net = pair(world, delay="10ms", rate="10Mbit")
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """Every message arrived as it was sent, in fewer segments than there were messages."""
    assert run.results == {"messages": len(MESSAGES), "as sent": True}, run.results
    assert 0 < int(run.connections.client.data_packets[0]) < len(MESSAGES)
    assert int(run.connections.client.payload_bytes[0]) == sum(len(FRAMING.pack(message)) for message in MESSAGES)
