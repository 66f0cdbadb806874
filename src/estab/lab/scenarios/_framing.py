"""Messages of many lengths over one stream: what the scenarios of framing share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.framing import MessageStream
from estab.lab.stage import SERVER, pair

if TYPE_CHECKING:
    from estab.lab.framing import Framing
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

MESSAGES = tuple(bytes([65 + number % 26]) * (1 + 37 * number % 200) for number in range(60))


async def server(host: Process, framing: Framing) -> None:
    """Collects messages."""
    with await host.listen(80).accept() as conn:
        stream, got = MessageStream(conn, framing), []
        while (message := await stream.receive()) is not None:
            got.append(message)
        host.world.results["messages"] = len(got)
        host.world.results["as sent"] = [message.rstrip(b"\0") for message in got] == list(MESSAGES)


async def client(host: Process, framing: Framing) -> None:
    """Sends messages of many lengths."""
    with await host.connect(SERVER, 80) as conn:
        stream = MessageStream(conn, framing)
        for message in MESSAGES:
            await stream.send(message)


def play(world: World, framing: Framing) -> None:
    """Two hosts on one cable."""
    net = pair(world, delay="10ms", rate="10Mbit")
    net.server.run(server, framing)
    net.client.run(client, framing)


def verify_messages(run: Run, framing: Framing) -> None:
    """Every message arrived as it was sent, in fewer segments than there were messages."""
    assert run.results == {"messages": len(MESSAGES), "as sent": True}, run.results
    assert 0 < int(run.connections.client.data_packets[0]) < len(MESSAGES)
    assert int(run.connections.client.payload_bytes[0]) == sum(len(framing.pack(message)) for message in MESSAGES)
