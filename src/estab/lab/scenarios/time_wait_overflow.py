"""More connections than tcp_max_tw_buckets: what should wait is forgotten, and a repeated FIN is answered by RST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import SECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.faults import Drop, FaultRule, nth
from estab.lab.match import PURE_ACK
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
    title=msg("Too few places for TIME-WAIT"),
    paragraph=msg(
        "The server closes first and may keep only a few TIME-WAITs (tcp_max_tw_buckets). The others are forgotten at once: "
        "TcpExt.TCPTimeWaitOverflow. Where its last ACK is lost, the peer repeats its FIN and meets nobody: RST instead of an ACK, an "
        "error at the end of a connection in which nothing was wrong. Lowering this knob does not cure TIME-WAIT, it removes what "
        "TIME-WAIT is for."
    ),
    look=(
        msg("the client's FIN twice, and a RST in answer to the second"),
        msg("TcpExt.TCPTimeWaitOverflow at the server"),
        msg("with the usual number of places the second FIN is acknowledged"),
    ),
    behaviours=(Behaviour.TIME_WAIT_OVERFLOW,),
    parameters={"places": 4, "clients": 10},
    twin={"places": 8192},
    lasts="1min",
)


async def server(host: Process) -> None:
    """Answers and closes first."""
    listener = host.listen(80)
    while True:
        with await listener.accept() as conn:
            await conn.recv()
            await conn.send_all(b"answer")


async def client(host: Process, clients: int) -> None:
    """One connection after the other, each read to its end."""
    for _ in range(clients):
        with await host.connect(SERVER, 80) as conn:
            await conn.send_all(b"question")
            await conn.recv_all()
        await host.sleep("1s")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses the last ACK of the last connection."""
    net = pair(world, server={"tcp_max_tw_buckets": given.places})
    last = (given.clients - 1) * SECOND_NS
    rule = FaultRule(PURE_ACK, Drop(), choice=nth(2), since=last)
    net.link.add(rule, toward=net.client)
    net.server.run(server)
    net.client.run(client, given.clients)


def verify(run: Run) -> None:
    """Those without a place were forgotten, and the repeated FIN was refused."""
    server = run.host("server")
    assert server.counter("TcpExt.TCPTimeWaitOverflow") == run.given.clients - run.given.places, run.counters["server"]
    left = [record for record in run.timeline.records if isinstance(record, StateRecord) and record.old is State.TIME_WAIT]
    assert len(left) == run.given.clients - run.given.places and all(record.where == "server" for record in left), left
    assert server.counter("Tcp.OutRsts") == 1 and int(run.connections.client.fins[-1]) == 2


def verify_twin(run: Run) -> None:
    """With a place the repeated FIN is acknowledged."""
    server = run.host("server")
    assert server.counter("TcpExt.TCPTimeWaitOverflow") == 0 and server.counter("Tcp.OutRsts") == 0
    assert int(run.connections.client.fins[-1]) == 2
