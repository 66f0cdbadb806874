"""The third segment is lost, and the server speaks first: it cannot until its SYN-ACK was repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.faults import Drop, FaultRule, first
from estab.lab.match import PURE_ACK
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The handshake's last ACK is lost"),
    paragraph=msg(
        "connect() has returned and the client is ESTABLISHED; the server is still in SYN-RECEIVED, and its accept() does not return. "
        "The server is the one to speak first (SSH, SMTP, MySQL), so nothing comes that could stand in for the lost ACK. After a "
        "second the server repeats its SYN-ACK, the client acknowledges it again, and the greeting comes. With --set "
        "client_speaks=yes the client's first data carry the ACK, and nobody notices the loss."
    ),
    look=(
        msg("the client is ESTABLISHED, the server is not: the two ends disagree for a second"),
        msg("the repeated SYN-ACK reaches a connection that is established, which answers with a bare ACK"),
        msg("the greeting comes a second late"),
    ),
    behaviours=(Behaviour.LOST_HANDSHAKE_ACK,),
    parameters={"lost": 1, "client_speaks": False},
    twin={"lost": 0},
    lasts="2min",
)


async def server(host: Process) -> None:
    """Greets whoever comes, and reads until the end."""
    with await host.listen(22).accept() as conn:
        await conn.send_all(b"hello")
        await conn.recv_all()


async def client(host: Process, client_speaks: bool) -> None:
    """Waits for the greeting."""
    began_ns = host.now_ns
    with await host.connect(SERVER, 22) as conn:
        if client_speaks:
            await conn.send_all(b"I am here")
        await conn.recv()
        host.world.results["greeted after"] = f"{(host.now_ns - began_ns) // 1_000_000} ms"


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses the client's first bare ACKs."""
    net = pair(world, delay="10ms")
    net.link.add(FaultRule(PURE_ACK, Drop(), choice=first(given.lost)), toward=net.server)
    net.server.run(server)
    net.client.run(client, given.client_speaks)


def verify(run: Run) -> None:
    """The greeting waited for the second SYN-ACK."""
    assert 1000 < int(run.results["greeted after"].split()[0]) < 1060, run.results
    assert int(run.connections.server.syn_acks[0]) == 2 and int(run.connections.client.syns[0]) == 1


def verify_twin(run: Run) -> None:
    """Two round trips and no more."""
    assert run.results["greeted after"] == "40 ms", run.results
    assert int(run.connections.server.syn_acks[0]) == 1
