"""close() between the SYNs and the handshake's end: from SYN-RECEIVED to FIN-WAIT-1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import CLIENT, SERVER, pair
from estab.lab.timeline import StateRecord
from estab.machine.states import State
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Closed before it was open"),
    paragraph=msg(
        "Two hosts open at the same time; their SYNs have crossed, and each is in SYN-RECEIVED. One program has waited long enough and "
        "closes. Its kernel cannot forget the connection, because the peer may be ESTABLISHED already: it sends FIN and goes to "
        "FIN-WAIT-1 (RFC 9293 §3.10.4), an arrow of the diagram that few have seen."
    ),
    look=(
        msg("SYN-RECEIVED, FIN-WAIT-1 at the client, without ESTABLISHED"),
        msg("the other end reads the end of the stream at once"),
    ),
    behaviours=(Behaviour.CLOSE_IN_SYN_RECEIVED,),
    parameters={"patience": "150ms"},
    twin={"patience": "10s"},
    lasts="2min",
)


async def client(host: Process, patience: str) -> None:
    """Connects from a fixed port, with little patience."""
    try:
        with await host.connect(SERVER, 7002, source_port=7001, timeout=patience):
            host.world.results["client"] = "connected"
    except CallError as problem:
        host.world.results["client"] = problem.strerror


async def server(host: Process) -> None:
    """Connects at the same time, and reads to the end."""
    with await host.connect(CLIENT, 7001, source_port=7002) as conn:
        host.world.results["server"] = f"connected, then {len(await conn.recv_all())} bytes"


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, a tenth of a second long."""
    net = pair(world, delay="100ms")
    net.client.run(client, given.patience)
    net.server.run(server)


def verify(run: Run) -> None:
    """The client gave up in SYN-RECEIVED, and both ends were closed in order."""
    assert run.results == {"client": "EAGAIN", "server": "connected, then 0 bytes"}, run.results
    states = [(record.old, record.new) for record in run.timeline.records if isinstance(record, StateRecord) and record.where == "client"]
    assert (State.SYN_RECEIVED, State.FIN_WAIT_1) in states and State.ESTABLISHED not in [new for _, new in states], states
    assert run.host("server").counter("TcpExt.TCPAbortOnTimeout") == 0 and run.host("server").sockets() == []


def verify_twin(run: Run) -> None:
    """With patience it was connected."""
    assert run.results["client"] == "connected", run.results
