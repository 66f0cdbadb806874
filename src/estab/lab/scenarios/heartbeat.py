"""A program hangs: its kernel answers keepalive for it, and only a heartbeat of the application tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import SECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.sockets import Conn
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A heartbeat finds what keepalive cannot"),
    paragraph=msg(
        "The server's program hangs. Its kernel lives and answers every keepalive probe, so for TCP nothing is wrong; data sent to it is "
        "acknowledged until the buffer is full. Only an answer of the application itself shows that the application lives: both programs "
        "send a heartbeat every two seconds, and who has heard none for seven closes. With --set who=client it is the client that hangs, "
        "and the server that notices."
    ),
    look=(
        msg("heartbeats of one side only, all acknowledged"),
        msg("the close after seven seconds without a heartbeat"),
        msg("keepalive probes are answered all the time"),
    ),
    behaviours=(Behaviour.HEARTBEAT,),
    findings=("latency.no_response",),
    parameters={"who": "server"},
    twin={"who": "nobody"},
    lasts="1min",
)


async def server(host: Process) -> None:
    """One connection with heartbeats."""
    await live(host, await host.listen(80).accept())


async def client(host: Process) -> None:
    """The same from the other end."""
    await live(host, await host.connect(SERVER, 80, keepalive=1, keepidle=1, keepintvl=1, keepcnt=3))


async def live(host: Process, conn: Conn) -> None:
    """Sends heartbeats and listens for the other's."""
    host.spawn(beat, conn)
    heard = 0
    try:
        while await conn.recv(timeout="7s"):
            heard += 1
        why = "closed by the other"
    except CallError:
        why = f"no heartbeat for 7 s, after {host.world.elapsed_ns // SECOND_NS} s"
    host.world.results[host.name] = why
    conn.close()


async def beat(host: Process, conn: Conn) -> None:
    """A heartbeat every two seconds, as long as the connection is open."""
    while conn.is_open:
        try:
            await conn.send_all(b"alive")
        except CallError:
            return
        await host.sleep("2s")


def build(world: World, given: Given) -> None:
    """Two hosts on one cable; the program of one hangs after ten seconds."""
    net = pair(world)
    processes = {"server": net.server.process("server"), "client": net.client.process("client")}
    processes["server"].spawn(server)
    processes["client"].spawn(client)
    if given.who in processes:
        world.at("11s", processes[given.who].freeze)


def verify(run: Run) -> None:
    """The living side noticed, although keepalive was content."""
    noticed = "client" if run.given.who == "server" else "server"
    assert run.results == {noticed: "no heartbeat for 7 s, after 17 s"}, run.results
    assert run.host("client").counter("TcpExt.TCPAbortOnTimeout") == 0


def verify_twin(run: Run) -> None:
    """Both live and go on."""
    assert run.results == {}, run.results
