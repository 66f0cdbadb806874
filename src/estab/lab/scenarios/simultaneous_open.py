"""Both ends open at the same time: two SYNs cross, and they make one connection, not two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import CLIENT, SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Simultaneous open"),
    paragraph=msg(
        "Two hosts connect to each other's port at the same moment, and nobody listens. The SYNs cross; each end goes from SYN-SENT "
        "to SYN-RECEIVED, answers with SYN-ACK, and is ESTABLISHED when the other's comes. Four segments make one connection. "
        "Programs that get through two NATs do this on purpose."
    ),
    look=(
        msg("both ends: SYN-SENT, SYN-RECEIVED, ESTABLISHED; LISTEN is nowhere"),
        msg("the SYN-ACKs repeat the sequence numbers of the SYNs"),
        msg("one connection in both tables"),
    ),
    behaviours=(Behaviour.SIMULTANEOUS_OPEN,),
    parameters={"later": "0s"},
    lasts="2min",
)


async def peer(host: Process, other: str, ports: tuple[int, int], waits: str) -> None:
    """Connects from a fixed port to a fixed port, says its name, reads the other's."""
    await host.sleep(waits)
    with await host.connect(other, ports[1], source_port=ports[0]) as conn:
        await conn.send_all(host.host.name.encode())
        conn.shutdown()
        host.world.results[f"{host.host.name} heard"] = (await conn.recv_all()).decode()
        await host.sleep("1s")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, a tenth of a second long."""
    net = pair(world, delay="100ms")
    net.client.run(peer, SERVER, (7001, 7002), "0s")
    net.server.run(peer, CLIENT, (7002, 7001), given.later)


def verify(run: Run) -> None:
    """One connection, by two SYNs, without a listener."""
    assert run.results == {"client heard": "server", "server heard": "client"}, run.results
    assert len(run.connections.client.syns) == 1
    ends = run.connections.states(0, 0), run.connections.states(0, 1)
    assert all("SYN-SENT" in end and "SYN-RECEIVED" in end and "ESTABLISHED" in end for end in ends), ends
    assert run.host("client").counter("Tcp.ActiveOpens") == run.host("server").counter("Tcp.ActiveOpens") == 1
    assert run.host("server").counter("Tcp.PassiveOpens") == 0
