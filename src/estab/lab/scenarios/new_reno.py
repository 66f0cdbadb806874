"""Several losses without SACK: one is repaired a round trip, each partial ACK telling of the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.instant import MILLISECOND_NS
from estab.lab.behaviours import Behaviour
from estab.lab.faults import Drop, FaultRule, nth
from estab.lab.match import DATA
from estab.lab.scenario import Given, Scenario
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("NewReno: one loss a round trip"),
    paragraph=msg(
        "Neither end uses SACK, and four segments of one window are lost. The sender repeats the first; the ACK of that repetition moves "
        "on, but not to the end: a partial ACK, which says that the next segment is missing as well (RFC 6582). So the losses are "
        "repaired one a round trip, in one recovery. With SACK (sack_recovery) all four are repaired at once."
    ),
    look=(
        msg("four retransmissions, a round trip apart"),
        msg("each ACK after a repetition stops at the next gap"),
    ),
    behaviours=(Behaviour.NEW_RENO,),
    findings=("loss.retransmission",),
    parameters={"losses": 4, "sack": 0},
    twin={"losses": 0},
    lasts="1min",
)
KILOBYTE = 1 << 10


async def server(host: Process) -> None:
    """Reads until the end of the stream."""
    with await host.listen(80).accept() as conn:
        host.world.results["received"] = len(await conn.recv_all())


async def client(host: Process, kilobytes: int) -> None:
    """Sends it all and closes."""
    with await host.connect(SERVER, 80) as conn:
        await conn.send_all(bytes(kilobytes * KILOBYTE))


def build(world: World, given: Given) -> None:
    """Two hosts on one cable, which loses every third of some segments."""
    net = pair(world, delay="20ms", rate="20Mbit", client={"tcp_sack": given.sack})
    lost = range(40, 40 + 3 * given.losses, 3)
    net.link.add(FaultRule(DATA, Drop(), choice=nth(*lost)), toward=net.server)
    net.server.run(server)
    net.client.run(client, 300)


def verify(run: Run) -> None:
    """As many repetitions as losses, a round trip of at least 40 ms between them."""
    client, counter = run.connections.client, run.host("client").counter
    assert run.results["received"] == 300 * KILOBYTE and int(client.retransmit_data[0]) == run.given.losses, run.results
    took_ns = int(client.retransmit_last_ns[0]) - int(client.retransmit_first_ns[0])
    assert took_ns >= (run.given.losses - 1) * 40 * MILLISECOND_NS, took_ns
    assert counter("TcpExt.TCPRenoRecovery") == 1 and counter("TcpExt.TCPTimeouts") == 0, run.counters["client"]


def verify_twin(run: Run) -> None:
    """Without losses nothing is sent twice."""
    assert run.results["received"] == 300 * KILOBYTE and int(run.connections.client.retransmits[0]) == 0
