"""Each message begins with its length: the reader knows how much to wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.framing import LengthPrefix, MessageStream
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Framing by length prefix"),
    paragraph=msg(
        "Each message is preceded by four bytes that tell its length. The reader collects bytes until a message is complete, whatever "
        "the pieces in which they arrive. It needs a bound: a length that is not believable ends the connection and not the memory."
    ),
    look=(
        msg("the boundaries of segments are not those of messages, and every message arrives whole"),
        msg("the server gets each message as it was sent, although TCP cut the stream elsewhere"),
    ),
    behaviours=(11,),
    lasts="1min",
)
MESSAGES = tuple(bytes([65 + number % 26]) * (1 + 37 * number % 200) for number in range(60))
FRAMING = LengthPrefix()


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
