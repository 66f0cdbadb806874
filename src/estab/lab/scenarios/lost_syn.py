"""The first SYN is lost: the client sends it again when its timer runs out, and the user has waited a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.faults import Drop, FaultRule, first
from estab.lab.match import SYN_ONLY
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The first SYN is lost"),
    paragraph=msg(
        "The client knows no round-trip time yet, so it waits the initial timeout of one second before it sends the SYN again. The server "
        "knows nothing of all this: to it the second SYN is the first. Linux since 6.5 sends it again every second at first "
        "and only later doubles the wait (tcp_syn_linear_timeouts); --set lost=7 shows it."
    ),
    look=(
        msg("one second between the two SYNs, and connect() takes one second and a round trip"),
        msg("the client is in SYN-SENT all the time, the server still in LISTEN"),
        msg("both SYNs carry the same sequence number"),
    ),
    behaviours=(Behaviour.LOST_SYN,),
    parameters={"lost": 1},
    twin={"lost": 0},
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
    """Two hosts on one cable, which loses the first SYNs."""
    net = pair(world, delay="10ms")
    net.link.add(FaultRule(SYN_ONLY, Drop(), choice=first(given.lost)), toward=net.server)
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """The SYN was sent twice, a second apart."""
    assert run.results["connect() took"] == "1020 ms", run.results
    assert int(run.connections.client.syns[0]) == 2 and int(run.connections.client.retransmit_syn[0]) == 1


def verify_twin(run: Run) -> None:
    """Without the loss there is one SYN."""
    assert run.results["connect() took"] == "20 ms" and int(run.connections.client.syns[0]) == 1
