"""A timeout for nothing, without timestamps: the next two ACKs tell (F-RTO)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from estab.lab.behaviours import Behaviour
from estab.lab.scenario import Given, Scenario
from estab.lab.scenarios._late import hold_back
from estab.lab.stage import SERVER, pair
from estab.text import msg

if TYPE_CHECKING:
    from estab.lab.process import Process
    from estab.lab.runner import Run
    from estab.lab.world import World

SCENARIO = Scenario(
    title=msg("F-RTO: was the timeout needed?"),
    paragraph=msg(
        "The path holds everything back for a moment, and the timer runs out although nothing is lost. There are no timestamps that would "
        "tell which of two copies an ACK answers. So after the timeout the sender repeats only the first segment, and when its ACK comes "
        "it sends new data instead of more repetitions; if the next ACK moves on as well, the originals must have arrived, and the sender "
        "takes its window back (RFC 5682). Without F-RTO it would repeat the whole window."
    ),
    look=(
        msg("one repetition, then new data, although a whole window was not acknowledged"),
        msg("TcpExt.TCPSpuriousRTOs; with --set client.tcp_frto=0 it stays 0 and many segments are repeated"),
    ),
    behaviours=(Behaviour.FRTO,),
    parameters={"late": "700ms"},
    twin={"late": "0ms"},
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
    """Two hosts without timestamps on one cable, which for a while brings ACKs late, and in order."""
    net = pair(world, delay="20ms", rate="20Mbit", client={"tcp_timestamps": 0})
    hold_back(net, given.late)
    net.server.run(server)
    net.client.run(client, 3000)


def verify(run: Run) -> None:
    """It was recognised after one repetition."""
    counter = run.host("client").counter
    assert run.results["received"] == 3000 * KILOBYTE, run.results
    assert counter("TcpExt.TCPTimeouts") >= 1 and counter("TcpExt.TCPSpuriousRTOs") >= 1, run.counters["client"]
    assert counter("Tcp.RetransSegs") <= 5, run.counters["client"]


def verify_twin(run: Run) -> None:
    """Without the delay no timer runs out."""
    assert run.results["received"] == 3000 * KILOBYTE and run.host("client").counter("TcpExt.TCPTimeouts") == 0
