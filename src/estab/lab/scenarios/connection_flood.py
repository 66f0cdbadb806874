"""Whole connections that say nothing: cookies do not help, descriptors and the accept queue run out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import SECOND_NS
from estab.lab.actors.flood import ConnectionFlood
from estab.lab.actors.raw import RawActor
from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.match import SYN_ONLY, Match
from estab.lab.packets import Datum
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._answering import serve
from estab.lab.stage import routed
from estab.text import msg
from estab.wire.segment import Packet

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("A flood of whole connections"),
    paragraph=msg(
        "An attacker finishes every handshake and then says nothing. SYN cookies do not help, because nothing stays in SYN-RECEIVED. The "
        "application holds a descriptor for each until it has as many as it may (accept() fails with EMFILE); then the accept queue "
        "fills, and real clients wait like at any slow server. What helps is a limit for each source in front of the server, a time limit "
        "for the first request, or TCP_DEFER_ACCEPT, which keeps silent connections away from the application."
    ),
    look=(
        msg("one source opens connections one after the other, none with data"),
        msg("EMFILE in the server's timeline, then TcpExt.ListenOverflows"),
        msg("with --set per_source=10 the router lets no more than that through, and the clients are served"),
    ),
    behaviours=(Behaviour.CONNECTION_FLOOD, Behaviour.DESCRIPTORS_EXHAUSTED),
    findings=("handshake.accept_queue_overflow",),
    parameters={"connections": 110, "per_source": 0},
    twin={"connections": 0},
    tap="server",
    lasts="30s",
)
TARGET, QUESTIONS = "203.0.113.9", 8


async def server(host: Process) -> None:
    """Accepts as long as it has descriptors, and a little later again."""
    listener = host.listen(80, backlog=16)
    while True:
        try:
            host.spawn(serve, await listener.accept())
        except CallError as problem:
            told = host.world.results
            told[str(problem.strerror)] = told.get(str(problem.strerror), 0) + 1
            await host.sleep("1s")


async def client(host: Process) -> None:
    """One comes before the flood and stays, others come in the middle of it."""
    for number in range(QUESTIONS):
        host.spawn(ask, number)
        await host.sleep("100ms" if number else "5s")


async def ask(host: Process, number: int) -> None:
    """One of them."""
    try:
        with await host.connect(TARGET, 80, timeout="10s") as conn:
            await conn.send_all(b"question")
            host.world.results[f"client {number}"] = (await conn.recv(timeout="15s")).decode()
            while number == 0:
                await host.sleep("1s")
                await conn.send_all(b"question")
                await conn.recv()
    except CallError as problem:
        host.world.results[f"client {number}"] = problem.strerror


def at_most(count: int) -> Match:
    """SYNs of a source that has sent so many: what a firewall refuses that counts connections by source."""
    seen: dict[str, set[int]] = {}

    def holds(datum: Datum) -> bool:
        if not SYN_ONLY(datum) or not isinstance(datum, Packet):
            return False
        ports = seen.setdefault(datum.source, set())
        if len(ports) < count:
            ports.add(datum.source_port)
        return datum.source_port not in ports

    return Match(holds, f"SYNs of a source with {count} connections")


def build(world: World, given: Given) -> None:
    """Client, attacker and server at one router."""
    net = routed(world, server={"nofile": 64})
    attacker = RawActor(world, "attacker", "10.0.66.6")
    world.link(attacker, net.router)
    if given.per_source:
        net.router.refuse(at_most(given.per_source))
    net.server.run(server)
    net.client.run(client)
    ConnectionFlood(attacker, (TARGET, 80)).start(given.connections, rate=50, after_ns=SECOND_NS)


def verify(run: Run) -> None:
    """Descriptors ran out, then the queue, and only who came before was answered."""
    assert run.results["EMFILE"] > 1 and list(run.results.values()).count("answer") == 1, run.results
    assert run.host("server").counter("TcpExt.ListenOverflows") > 0


def verify_twin(run: Run) -> None:
    """Without the flood they are served."""
    assert run.results == {f"client {number}": "answer" for number in range(QUESTIONS)}, run.results
