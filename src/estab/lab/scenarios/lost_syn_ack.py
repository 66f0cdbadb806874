"""The SYN-ACK is lost: both ends repeat their own segment, and the SYN that comes again gets the same answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.faults import Drop, FaultRule, first
from estab.lab.match import SYN_ACK
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The SYN-ACK is lost"),
    paragraph=msg(
        "The server has answered and is in SYN-RECEIVED; the client has heard nothing and is still in SYN-SENT. Each repeats what it "
        "sent after a second: the client its SYN, the server its SYN-ACK. To the client a lost SYN-ACK looks exactly like a lost SYN; "
        "only a capture at the server tells them apart."
    ),
    look=(
        msg("the repeated SYN-ACK has the same sequence number: the server made one connection, not two"),
        msg("client SYN-SENT, server SYN-RECEIVED, for a whole second"),
        msg("TcpExt.TCPSynRetrans grows on the client; the accept queue stays empty until the third segment"),
    ),
    behaviours=(Behaviour.LOST_SYN_ACK,),
    parameters={"lost": 1},
    twin={"lost": 0},
    tap="server",
    lasts="2min",
)


async def server(host: Process) -> None:
    """Accepts one connection and reads until it ends."""
    with await host.listen(80).accept() as conn:
        await conn.recv_all()


async def client(host: Process) -> None:
    """Connects and closes."""
    began_ns = host.now_ns
    with await host.connect(SERVER, 80):
        host.world.results["connect() took"] = f"{(host.now_ns - began_ns) // 1_000_000} ms"


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses the first SYN-ACKs."""
    net = pair(world, delay="10ms")
    net.link.add(FaultRule(SYN_ACK, Drop(), choice=first(given.lost)), toward=net.client)
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """Both SYNs arrived, and the second round made the connection."""
    assert 1000 < int(run.results["connect() took"].split()[0]) <= 1020, run.results
    assert int(run.connections.client.syns[0]) == 2 and int(run.connections.server.syn_acks[0]) >= 2
    assert run.host("server").counter("Tcp.PassiveOpens") == 1


def verify_twin(run: Run) -> None:
    """Without the loss one of each is enough."""
    assert run.results["connect() took"] == "20 ms", run.results
    assert int(run.connections.client.syns[0]) == 1 == int(run.connections.server.syn_acks[0])
