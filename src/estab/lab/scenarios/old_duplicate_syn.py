"""A SYN of a connection that is long over arrives: the handshake's third segment is what saves the server from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.actors.replay import OldDuplicate
from estab.lab.behaviours import Behaviour
from estab.lab.match import SYN_ONLY
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.lab.timeline import StateRecord
from estab.machine.states import State
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("An old duplicate SYN"),
    paragraph=msg(
        "A copy of a SYN has wandered through the network and arrives minutes after its connection was closed. The server cannot know "
        "that, and answers with SYN-ACK. The client can: it has asked for nothing, and answers with RST. The server goes from "
        "SYN-RECEIVED back to LISTEN, and accept() never hears of it (RFC 9293 §3.5). With two segments instead of three the server would "
        "have opened a connection that nobody wants."
    ),
    look=(
        msg("the same SYN twice, minutes apart, with the same sequence number"),
        msg("SYN, SYN-ACK, RST: the RST has the number that the SYN-ACK acknowledged"),
        msg("the server's SYN-RECEIVED becomes LISTEN, not ESTABLISHED"),
    ),
    behaviours=(Behaviour.OLD_DUPLICATE_SYN,),
    parameters={"after": "3min"},
    lasts="5min",
)


async def server(host: Process) -> None:
    """Counts what accept() gives."""
    listener = host.listen(80)
    while True:
        with await listener.accept() as conn:
            host.world.results["accepted"] = host.world.results.get("accepted", 0) + 1
            await conn.recv_all()


async def client(host: Process) -> None:
    """One short connection."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(b"question")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which keeps a copy of the SYN."""
    net = pair(world)
    old = OldDuplicate(net.link.toward(net.server), SYN_ONLY)
    net.server.run(server)
    net.client.run(client)
    world.at(given.after, old.release)


def verify(run: Run) -> None:
    """It was answered, and the answer was refused."""
    server = run.host("server")
    assert run.results == {"accepted": 1} and server.counter("Tcp.PassiveOpens") == 1, run.results
    assert run.host("client").counter("Tcp.OutRsts") == 1 and [entry.state for entry in server.sockets()] == [State.LISTEN]
    states = [(record.old, record.new) for record in run.timeline.records if isinstance(record, StateRecord) and record.where == "server"]
    assert states.count((State.LISTEN, State.SYN_RECEIVED)) == 2 and (State.SYN_RECEIVED, State.LISTEN) in states, states
