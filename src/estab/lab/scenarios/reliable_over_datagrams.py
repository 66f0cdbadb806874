"""The same TCP in IP packets and in UDP datagrams: reliability does not need protocol number 6."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.loss import nth
from estab.lab.packets import Datagram, Datum
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import pair
from estab.lab.tap import Observer
from estab.lab.timeline import Loss
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A reliable transfer over UDP"),
    paragraph=msg(
        "Two pairs of hosts make the same transfer over cables with the same losses; one pair puts its segments into UDP datagrams. "
        "Sequence numbers, acknowledgements and retransmissions repair the losses in both alike. What makes a transfer reliable is the "
        "engine at both ends, not the protocol that carries it."
    ),
    look=(
        msg("three packets are lost on each cable, and every byte arrives"),
        msg("the counters of both senders: as many segments sent again"),
        msg("on one cable there is TCP, on the other nothing but UDP"),
    ),
    behaviours=(Behaviour.OVER_DATAGRAMS,),
    parameters={"losses": 3, "datagrams": True},
    lasts="1min",
)
KILOBYTE = 1 << 10


async def server(host: Process) -> None:
    """Reads until the end of the stream, and keeps what it is worth."""
    with await host.listen(80).accept() as conn:
        data = await conn.recv_all()
        host.world.results[host.host.name] = {"bytes": len(data), "whole": data == sent()}


async def client(host: Process, remote: str) -> None:
    """Sends it all and closes."""
    with await host.connect(remote, 80) as conn:
        await conn.send_all(sent())


def sent() -> bytes:
    """What is sent: no part of it is like another."""
    return b"".join(number.to_bytes(4, "big") for number in range(128 * KILOBYTE))


def build(world: World, given: Given) -> None:
    """Two pairs of hosts on two cables with the same losses."""
    lost = nth(*range(30, 30 + 60 * given.losses, 60))
    net = pair(world, delay="20ms", rate="20Mbit")
    asker, answerer = world.host("udp-client", "10.1.0.1"), world.host("udp-server", "10.1.0.2")
    asker.in_datagrams = answerer.in_datagrams = given.datagrams
    other = world.link(asker, answerer, delay="20ms", rate="20Mbit")
    for link, one, two in ((net.link, net.client, net.server), (other, asker, answerer)):
        world.results[f"{two.name} cable"] = carried = dict.fromkeys(("TCP", "UDP"), 0)
        tap = world.tap(one)
        tap.keeps_bytes = False
        tap.observers.append(counting(carried))
        link.toward(two).change(loss=lost)
        two.run(server)
        one.run(client, two.address)


def counting(carried: dict[str, int]) -> Observer:
    """Counts packets by the protocol that carries them."""

    def count(datum: Datum, time_ns: int, frame: int) -> None:
        del time_ns, frame
        carried["UDP" if isinstance(datum, Datagram) else "TCP"] += 1

    return count


def verify(run: Run) -> None:
    """Both transfers were whole, repaired in the same way, by as many packets of two protocols."""
    told = run.results
    assert told["server"] == told["udp-server"] == {"bytes": 512 * KILOBYTE, "whole": True}, told
    again = [run.host(name).counter("Tcp.RetransSegs") for name in ("client", "udp-client")]
    assert again == [run.given.losses] * 2, again
    plain, wrapped = told["server cable"], told["udp-server cable"]
    assert plain["UDP"] == wrapped["TCP"] == 0 and plain["TCP"] > 300 and abs(plain["TCP"] - wrapped["UDP"]) <= 10, told
    assert run.world.losses[Loss.CHANCE] == 2 * run.given.losses, run.world.losses
