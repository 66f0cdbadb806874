"""A client comes again from the same port while the server is in TIME-WAIT: its SYN opens a new connection at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS
from estab.lab.behaviours import Behaviour
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
    title=msg("A new SYN in TIME-WAIT"),
    paragraph=msg(
        "The server has closed first and is in TIME-WAIT; the client, which keeps nothing, connects again from the same port. TIME-WAIT "
        "need not be in the way: a SYN whose timestamp is later than all of the old connection, or whose sequence number lies beyond it, "
        "cannot be an old duplicate, so it ends TIME-WAIT and opens a new connection (RFC 6191, RFC 9293 §3.10.7.4). It costs no time. A "
        "SYN with older numbers would draw an ACK of the old connection."
    ),
    look=(
        msg("the same four-tuple twice within a minute, and each SYN is answered by SYN-ACK"),
        msg("at the server TIME-WAIT ends at the very moment at which the listener goes to SYN-RECEIVED"),
    ),
    behaviours=(Behaviour.TIME_WAIT_REUSE,),
    parameters={"waits": "2s"},
    lasts="30s",
)


async def server(host: Process) -> None:
    """Answers and closes first."""
    listener = host.listen(80)
    while True:
        with await listener.accept() as conn:
            await conn.send_all(await conn.recv())


async def client(host: Process, waits: str) -> None:
    """Two short connections from one port."""
    took = host.world.results["took_ms"] = []
    for _ in range(2):
        began_ns = host.now_ns
        with await host.connect(SERVER, 80, source_port=40_000) as conn:
            took.append((host.now_ns - began_ns) // MILLISECOND_NS)
            await conn.send_all(b"question")
            await conn.recv_all()
        await host.sleep(waits)


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world)
    net.server.run(server)
    net.client.run(client, given.waits)


def verify(run: Run) -> None:
    """The second took no longer than the first, and went through TIME-WAIT of the first."""
    records = [record for record in run.timeline.records if isinstance(record, StateRecord) and record.where == "server"]
    ended, begun = records[6], records[7]
    assert (ended.old, ended.new, begun.new) == (State.TIME_WAIT, State.CLOSED, State.SYN_RECEIVED) and ended.time_ns == begun.time_ns
    assert run.results == {"took_ms": [10, 10]}, run.results
    assert run.host("server").counter("Tcp.PassiveOpens") == 2
