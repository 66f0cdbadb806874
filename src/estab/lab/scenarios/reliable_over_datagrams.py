"""The same TCP in IP packets and in UDP datagrams: reliability does not need protocol number 6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.loss import nth
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A reliable transfer over UDP"),
    paragraph=msg(
        "Two pairs of hosts make the same transfer over cables with the same losses; one pair puts its segments into UDP datagrams. "
        "Sequence numbers, acknowledgements and retransmissions repair the losses in both alike. What makes a transfer reliable is the"
        " engine at both ends, not the protocol that carries it."
    ),
    look=(
        msg("three packets are lost on each cable, and every byte arrives"),
        msg("the counters of both senders: as many segments sent again"),
    ),
    behaviours=(Behaviour.OVER_DATAGRAMS,),
    parameters={"losses": 3},
    lasts="1min",
)
KILOBYTE = 1 << 10


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results[host.host.name] = len(await conn.recv_all())


async def client(host: Process, remote: str) -> None:
    """Sends it all and closes."""
    with await host.connect(remote, 80) as conn:
        await conn.send_all(bytes(500 * KILOBYTE))


def build(world: World, given: Given) -> None:
    """Two pairs of hosts on two cables with the same losses."""
    lost = nth(*range(30, 30 + 60 * given.losses, 60))
    net = pair(world, delay="20ms", rate="20Mbit")
    asker, answerer = world.host("udp-client", "10.1.0.1"), world.host("udp-server", "10.1.0.2")
    asker.in_datagrams = answerer.in_datagrams = True
    other = world.link(asker, answerer, delay="20ms", rate="20Mbit")
    for link, one, two in ((net.link, net.client, net.server), (other, asker, answerer)):
        link.toward(two).change(loss=lost)
        two.run(server)
        one.run(client, two.address)


def verify(run: Run) -> None:
    """Both transfers were whole, and repaired in the same way."""
    assert run.results == {"server": 500 * KILOBYTE, "udp-server": 500 * KILOBYTE}, run.results
    again = [run.host(name).counter("Tcp.RetransSegs") for name in ("client", "udp-client")]
    assert again == [run.given.losses] * 2, again
