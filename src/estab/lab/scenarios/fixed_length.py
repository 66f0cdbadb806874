"""All messages have the same length: the reader counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.framing import FixedLength, MessageStream
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Framing by fixed length"),
    paragraph=msg(
        "All messages have the same length, shorter ones are padded. The reader needs no search and no header; what it costs is the "
        "padding, and that no message can be longer."
    ),
    look=(
        msg("the payload altogether is the number of messages times their length"),
        msg("the server gets each message as it was sent, although TCP cut the stream elsewhere"),
    ),
    behaviours=(11,),
    lasts="1min",
)
MESSAGES = tuple(bytes([65 + number % 26]) * (1 + 37 * number % 200) for number in range(60))
FRAMING = FixedLength(200)


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
