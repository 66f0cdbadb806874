"""An application accepts too slowly: the accept queue is full, and the kernel drops the third segments in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import serve
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("The accept queue overflows"),
    paragraph=msg(
        "The application does not call accept() for a while. Its backlog of 4 is full after 5 connections; then the kernel ignores "
        "the third segments and drops new SYNs, in silence (tcp_abort_on_overflow = 0). Some clients believe that they are connected, "
        "send, and hear nothing but the same SYN-ACK again; others get no answer at all. The network is blameless: accept faster, or "
        "ask for a longer backlog, with somaxconn and at the next listen()."
    ),
    look=(
        msg("SYN-ACKs that come again although the client acknowledged them"),
        msg("the server's counters TcpExt.ListenOverflows and TcpExt.ListenDrops"),
        msg("ESTABLISHED at the client, SYN-RECEIVED at the server"),
    ),
    behaviours=(Behaviour.ACCEPT_QUEUE_OVERFLOW, Behaviour.SOMAXCONN),
    findings=("handshake.accept_queue_overflow",),
    parameters={"clients": 12, "sleeps": "20s"},
    twin={"sleeps": "0s"},
    lasts="3min",
)


async def server(host: Process, sleeps: str) -> None:
    """Sleeps before it accepts."""
    listener = host.listen(80, backlog=4)
    await host.sleep(sleeps)
    while True:
        host.spawn(serve, await listener.accept())


async def client(host: Process, number: int) -> None:
    """Connects, asks, and waits for the answer."""
    await host.sleep(f"{100 * number}ms")
    began_ns = host.now_ns
    try:
        with await host.connect(SERVER, 80) as conn:
            await conn.send_all(b"question")
            await conn.recv()
        host.world.results[f"client {number}"] = f"{(host.now_ns - began_ns) // 1_000_000_000} s"
    except CallError as problem:
        host.world.results[f"client {number}"] = problem.strerror


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, and clients that come a tenth of a second apart."""
    net = pair(world)
    net.server.run(server, given.sleeps)
    for number in range(given.clients):
        net.client.run(client, number)


def verify(run: Run) -> None:
    """The queue overflowed, and all clients waited for accept()."""
    server = run.host("server")
    assert server.counter("TcpExt.ListenOverflows") > 0 and server.counter("Tcp.OutRsts") == 0
    assert len(run.results) == run.given.clients and "0 s" not in run.results.values(), run.results


def verify_twin(run: Run) -> None:
    """Who accepts at once has no queue."""
    assert set(run.results.values()) == {"0 s"} and run.host("server").counter("TcpExt.ListenOverflows") == 0
