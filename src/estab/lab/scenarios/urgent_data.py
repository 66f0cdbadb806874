"""Urgent data: a pointer into the stream, and a byte that overtakes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._watch import watch
from estab.lab.stage import SERVER, pair
from estab.text import msg
from estab.wire.segment import URG

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Urgent data"),
    paragraph=msg(
        "The client sends a thousand bytes, then one byte with MSG_OOB. The segment has URG set, and its urgent pointer says where the "
        "urgent data ends. Nothing travels faster: the byte stands in the stream like any other. What is special is that the receiver "
        "hears of it early, that recv() stops in front of it, and that it is taken out of the stream (RFC 6093 advises against using it)."
    ),
    look=(
        msg("URG and the urgent pointer in the ladder"),
        msg("three reads: up to the mark, the urgent byte by MSG_OOB, the rest"),
    ),
    behaviours=(Behaviour.URGENT_DATA,),
    parameters={"urgent": True},
    twin={"urgent": False},
    lasts="1min",
)


async def server(host: Process) -> None:
    """Reads what is in front of the mark, the urgent byte, and the rest."""
    told = host.world.results
    with await host.listen(80).accept() as conn:
        await host.sleep("1s")
        told["first read"] = len(await conn.recv())
        try:
            told["urgent"] = conn.recv_urgent().decode()
        except CallError as problem:
            told["urgent"] = problem.strerror
        told["rest"] = (await conn.recv_all()).decode()


async def client(host: Process, urgent: bool) -> None:
    """A thousand bytes, one urgent byte, some more."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(bytes(1000))
        if urgent:
            await conn.send_urgent(b"!")
        else:
            await conn.send_all(b"!")
        await conn.send_all(b"rest")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world)
    seen = watch(net.client)
    net.server.run(server)
    net.client.run(client, given.urgent)
    world.at("10s", lambda: world.results.update(URG=sum(one.sent and bool(one.segment.flags & URG) for one in seen)))


def verify(run: Run) -> None:
    """recv() stopped in front of the urgent byte, which came by another call."""
    told = run.results
    assert (told["first read"], told["urgent"], told["rest"]) == (1000, "!", "rest") and told["URG"] >= 1, told


def verify_twin(run: Run) -> None:
    """Without the flag it is a byte like all others."""
    assert run.results == {"first read": 1005, "urgent": "EINVAL", "rest": "", "URG": 0}, run.results
