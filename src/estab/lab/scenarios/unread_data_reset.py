"""A server refuses an upload and closes without having read it: RST instead of FIN, and its answer is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    title=msg("Closed with data unread"),
    paragraph=msg(
        "The client uploads; the server reads the head, sends a refusal (413) and closes while the rest is still coming. The kernel has "
        "data that nobody will read, and says so: it sends RST instead of FIN (RFC 2525 §2.17). The client's next send() fails with "
        "ECONNRESET, and a program that gives up there never reads the refusal that explains it; what of it was lost on the way is not "
        "sent again either. A server that wants to be understood ends its own half with shutdown() and reads until the client has "
        "finished."
    ),
    look=(
        msg("RST with ACK from a side that has sent no FIN"),
        msg("six refusals were sent, and no program has read one"),
        msg("TcpExt.TCPAbortOnClose at the server"),
    ),
    behaviours=(Behaviour.UNREAD_DATA,),
    findings=("rst.unread_data",),
    parameters={"clients": 6, "drains": False},
    twin={"drains": True},
    lasts="1min",
)


async def server(host: Process, drains: bool) -> None:
    """Serves each connection in a program of its own."""
    listener = host.listen(80)
    while True:
        host.spawn(refuse, await listener.accept(), drains)


async def refuse(host: Process, conn: Conn, drains: bool) -> None:
    """Reads the head, refuses, writes its log, closes."""
    with conn:
        await conn.recv_exactly(100)
        await conn.send_all(b"413 too large")
        await host.sleep("30ms")
        if drains:
            conn.shutdown()
            await conn.recv_all()


async def client(host: Process, clients: int) -> None:
    """Uploads, then reads the answer."""
    told = host.world.results
    for _ in range(clients):
        with await host.connect(SERVER, 80) as conn:
            try:
                for _ in range(40):
                    await conn.send_all(bytes(1000))
                    await host.sleep("5ms")
                conn.shutdown()
                said = (await conn.recv_all()).decode()
            except CallError as problem:
                said = str(problem.strerror)
        told[said] = told.get(said, 0) + 1


def build(world: World, given: Given) -> None:
    """Two hosts on one cable."""
    net = pair(world, delay="10ms")
    net.server.run(server, given.drains)
    net.client.run(client, given.clients)


def verify(run: Run) -> None:
    """Nobody read the refusal."""
    assert "413 too large" not in run.results and sum(run.results.values()) == run.given.clients, run.results
    assert run.host("server").counter("TcpExt.TCPAbortOnClose") + run.host("server").counter("TcpExt.TCPAbortOnData") == run.given.clients


def verify_twin(run: Run) -> None:
    """Who drains is understood."""
    assert run.results == {"413 too large": run.given.clients}, run.results
    assert run.host("server").counter("Tcp.OutRsts") == 0
