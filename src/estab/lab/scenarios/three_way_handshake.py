"""Three segments open a connection: SYN, SYN-ACK, ACK, each acknowledging the number of the other's SYN plus one."""

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
    title=msg("The three-way handshake"),
    paragraph=msg(
        "The client sends SYN with its initial sequence number, the server answers with its own and acknowledges the client's plus one, "
        "the client acknowledges the server's plus one. Two segments would not do: the server could not tell an old duplicate SYN from "
        "a new one. Four are not needed: the server's SYN and its ACK travel in one segment."
    ),
    look=(
        msg("seq and ack of the three segments: ack = seq + 1, because a SYN takes one number"),
        msg("the client is ESTABLISHED when the SYN-ACK arrives, the server half a round trip later"),
        msg("the initial numbers change with the seed, not with the number of the connection (RFC 6528)"),
    ),
    behaviours=(Behaviour.THREE_WAY_HANDSHAKE,),
    parameters={"delay": "20ms"},
    lasts="5s",
)


async def server(host: Process) -> None:
    """Accepts one connection and reads until it ends."""
    with await host.listen(80).accept() as conn:
        await conn.recv_all()


async def client(host: Process) -> None:
    """Connects, waits a little, closes."""
    began_ns = host.now_ns
    with await host.connect(SERVER, 80):
        host.world.results["connect() took"] = f"{(host.now_ns - began_ns) // 1_000_000} ms"
        await host.sleep("1s")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world, delay=given.delay)
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """The handshake is complete and took one round trip."""
    assert run.connections.handshake(0) == "full", run.connections.handshake(0)
    assert run.results["connect() took"] == "40 ms", run.results
    opened = run.connections.client, run.connections.server
    assert [int(side.syns[0]) for side in opened] == [1, 0] and int(run.connections.server.syn_acks[0]) == 1
    assert run.connections.states(0, 1)[:3] == ["LISTEN", "SYN-RECEIVED", "ESTABLISHED"], run.connections.states(0, 1)
