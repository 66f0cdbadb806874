"""A client reboots and connects again from the same port: the server still believes in the old connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import server
from estab.lab.stage import SERVER, pair
from estab.machine.states import State
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A SYN meets the corpse of a connection"),
    paragraph=msg(
        "The client loses its power and boots again; the server has noticed nothing and is ESTABLISHED. The client connects from the same "
        "port as before. The server answers the SYN with an ACK of the old connection, a challenge (RFC 5961 §4); the client knows no "
        "such connection and answers with RST, which fits exactly and ends the server's half. The SYN is sent again after a second and is "
        "accepted."
    ),
    look=(
        msg("SYN, then a bare ACK with numbers of the old connection, then RST"),
        msg("the same SYN again a second later, and a SYN-ACK"),
        msg("at the server ESTABLISHED ends in CLOSED by the RST, and a new connection begins"),
    ),
    behaviours=(Behaviour.HALF_OPEN_FOUND_BY_SYN, Behaviour.CHALLENGE_ACK),
    findings=("timewait.stale_tuple",),
    parameters={"source_port": 40000},
    twin={"source_port": 0},
    lasts="1min",
)


async def serve(host: Process, conn: Conn) -> None:
    """Answers until the end, or until the client is gone."""
    with conn:
        try:
            while await conn.recv():
                await conn.send_all(b"answer")
        except CallError as problem:
            host.world.results["server's recv()"] = problem.strerror


async def client(host: Process, source_port: int) -> None:
    """Connects, asks, and stays."""
    began_ns = host.now_ns
    conn = await host.connect(SERVER, 80, source_port=source_port)
    host.world.results["connect() took"] = f"{(host.now_ns - began_ns) // 1_000_000} ms"
    await conn.send_all(b"question")
    await conn.recv()
    await host.sleep("10min")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; the client reboots at 10 s and is back 5 s later."""
    net = pair(world)
    net.server.run(server, serve)
    net.client.run(client, given.source_port, at_boot=True)
    world.at("10s", lambda: net.client.reboot("5s"))


def verify(run: Run) -> None:
    """The second connect() took the time of a lost SYN, and the server's old half was reset."""
    assert run.results["connect() took"] == "1010 ms" and run.results["server's recv()"] == "ECONNRESET", run.results
    assert run.host("server").counter("TcpExt.TCPChallengeACK") == 1
    states = [entry.state for entry in run.host("server").sockets()]
    assert states.count(State.ESTABLISHED) == 1, states


def verify_twin(run: Run) -> None:
    """From another port nothing is in the way, and the server keeps the corpse."""
    assert run.results["connect() took"] == "10 ms", run.results
    states = [entry.state for entry in run.host("server").sockets()]
    assert states.count(State.ESTABLISHED) == 2, states
