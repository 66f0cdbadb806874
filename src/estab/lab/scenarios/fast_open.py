"""Fast Open: the second connection brings its question in the SYN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("Fast Open: a question in the SYN"),
    paragraph=msg(
        "The client asks for a cookie with its first SYN (RFC 7413). In the second connection its SYN carries the cookie and the question "
        "at once; the server's kernel believes the cookie, gives the data to the application, and the answer comes with the SYN-ACK or "
        "right behind it: one round trip instead of two. A SYN may arrive twice, so the question must be one that does no harm twice."
    ),
    look=(
        msg("the first SYN asks for a cookie, the SYN-ACK brings it"),
        msg("the second SYN has a cookie and a payload, and the SYN-ACK acknowledges both"),
        msg("the time from connect() to the answer: two round trips, then one"),
    ),
    behaviours=(Behaviour.FAST_OPEN,),
    parameters={"allows": True},
    twin={"allows": False},
    lasts="1min",
)


async def server(host: Process) -> None:
    """Answers one question on each connection."""
    listener = host.listen(80, fastopen=16)
    while True:
        with await listener.accept() as conn:
            await conn.send_all((await conn.recv()).upper())
            await conn.recv_all()


async def client(host: Process) -> None:
    """Asks twice, on a new connection each time."""
    took = host.world.results["took_ms"] = []
    for _ in range(2):
        began_ns = host.now_ns
        with await host.connect(SERVER, 80, fastopen_connect=1) as conn:
            await conn.send_all(b"question")
            assert await conn.recv() == b"QUESTION"
            took.append((host.now_ns - began_ns) // 1_000_000)
        await host.sleep("1s")


def build(world: World, given: Given) -> None:
    """Two hosts 80 ms of round trip apart."""
    net = pair(world, delay="40ms", server={"tcp_fastopen": 2 if given.allows else 0}, client={"tcp_fastopen": 1})
    net.server.run(server)
    net.client.run(client)


def verify(run: Run) -> None:
    """The second exchange took one round trip."""
    first, second = run.results["took_ms"]
    assert 160 <= first < 170 and 80 <= second < 90, run.results
    assert run.host("server").counter("TcpExt.TCPFastOpenPassive") == run.host("client").counter("TcpExt.TCPFastOpenActive") == 1
    assert run.connections.client.payload_bytes.tolist() == [8, 8]


def verify_twin(run: Run) -> None:
    """A server that gives no cookies is asked in the usual way."""
    assert all(160 <= took < 170 for took in run.results["took_ms"]), run.results
