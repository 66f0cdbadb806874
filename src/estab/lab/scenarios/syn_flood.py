"""SYNs with forged sources fill the SYN queue of a server without cookies: real clients get no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.actors.flood import SynFlood
from estab.lab.actors.raw import RawActor
from estab.lab.behaviours import Behaviour
from estab.lab.calls import CallError
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import routed
from estab.machine.states import State
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.host import Host
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("SYN flood without cookies"),
    paragraph=msg(
        "An attacker sends SYNs from addresses that nobody has. Each takes an entry in the SYN queue, and no ACK ever comes to "
        "release it: the entry stays until the SYN-ACK was repeated tcp_synack_retries times, more than a minute. The queue is full "
        "at once; the kernel drops further SYNs, also those of the real client. With tcp_syncookies = 1 (the default; --set "
        "server.tcp_syncookies=1) the server answers without an entry."
    ),
    look=(
        msg("many SYNs from ever new addresses, and no ACK to any SYN-ACK"),
        msg("the server's table: SYN-RECEIVED up to the limit"),
        msg("the real client's SYNs are dropped like the others: TcpExt.TCPReqQFullDrop"),
    ),
    behaviours=(Behaviour.SYN_FLOOD,),
    findings=("attack.syn_flood",),
    parameters={"syns": 2000, "rate": 200},
    twin={"syns": 0},
    tap="server",
    lasts="30s",
)


async def server(host: Process) -> None:
    """Serves one connection after the other."""
    listener = host.listen(80, backlog=16)
    while True:
        with await listener.accept() as conn:
            await conn.recv_all()


async def client(host: Process) -> None:
    """Comes when the flood is under way."""
    await host.sleep("2s")
    began_ns = host.now_ns
    try:
        with await host.connect(SERVER, 80, timeout="5s"):
            host.world.results["connect()"] = f"{(host.now_ns - began_ns) // 1_000_000} ms"
    except CallError as problem:
        host.world.results["connect()"] = problem.strerror


def build(world: World, given: Given) -> None:
    """Client, attacker and server at one router."""
    net = routed(world, server={"tcp_syncookies": 0})
    attacker = RawActor(world, "attacker", "10.0.66.6")
    world.link(attacker, net.router)
    net.server.run(server)
    net.client.run(client)
    world.at("5s", lambda: world.results.update(half_open=half_open(net.server)))
    SynFlood(attacker, (SERVER, 80)).start(given.syns, rate=given.rate)


def half_open(host: Host) -> int:
    """Entries in SYN-RECEIVED."""
    return sum(entry.state is State.SYN_RECEIVED for entry in host.sockets())


SERVER = "203.0.113.9"


def verify(run: Run) -> None:
    """The real client was not answered."""
    assert "ms" not in run.results["connect()"], run.results
    server = run.host("server")
    assert server.counter("TcpExt.TCPReqQFullDrop") > 1000 and server.counter("Tcp.PassiveOpens") == 0
    assert run.results["half_open"] >= 12, run.results


def verify_twin(run: Run) -> None:
    """Without the flood one round trip is enough."""
    assert run.results["connect()"] == "20 ms", run.results
